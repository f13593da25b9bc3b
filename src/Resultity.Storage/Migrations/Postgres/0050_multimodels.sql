CREATE TABLE multimodels (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    spec TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
