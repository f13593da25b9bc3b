CREATE TABLE subclouds (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL,
    join_policy TEXT COLLATE "C" NOT NULL,
    models TEXT COLLATE "C" NULL,
    region TEXT COLLATE "C" NULL,
    min_memory_bytes BIGINT NOT NULL,
    isolate BIGINT NOT NULL,
    is_public BIGINT NOT NULL,
    features TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE subcloud_members (
    subcloud TEXT COLLATE "C" NOT NULL REFERENCES subclouds (name) ON DELETE CASCADE,
    node_id TEXT COLLATE "C" NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    is_pending BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (subcloud, node_id)
);

ALTER TABLE api_keys ADD COLUMN subcloud TEXT COLLATE "C" NULL;
ALTER TABLE join_tokens ADD COLUMN subcloud TEXT COLLATE "C" NULL;
