-- What operators want of models that are sharded over nodes, as JSON.
CREATE TABLE shard_wishes (
    model TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    wish TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL
);
