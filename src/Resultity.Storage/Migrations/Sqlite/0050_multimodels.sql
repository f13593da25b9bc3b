CREATE TABLE multimodels (
    name TEXT NOT NULL PRIMARY KEY,
    spec TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
