CREATE TABLE subclouds (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    join_policy TEXT NOT NULL,
    models TEXT NULL,
    region TEXT NULL,
    min_memory_bytes INTEGER NOT NULL,
    isolate INTEGER NOT NULL,
    is_public INTEGER NOT NULL,
    features TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE subcloud_members (
    subcloud TEXT NOT NULL REFERENCES subclouds (name) ON DELETE CASCADE,
    node_id TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    is_pending INTEGER NOT NULL,
    origin TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (subcloud, node_id)
);

ALTER TABLE api_keys ADD COLUMN subcloud TEXT NULL;
ALTER TABLE join_tokens ADD COLUMN subcloud TEXT NULL;
