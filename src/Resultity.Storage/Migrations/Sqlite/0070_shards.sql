-- What operators want of models that are sharded over nodes, as JSON.
CREATE TABLE shard_wishes (
    model TEXT NOT NULL PRIMARY KEY,
    wish TEXT NOT NULL,
    changed_at INTEGER NOT NULL
);
