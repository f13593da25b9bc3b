CREATE TABLE files (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NULL,
    blob TEXT COLLATE "C" NOT NULL
);
-- With the lengths, so that the sum over a namespace is read from the index alone.
CREATE INDEX files_by_namespace ON files (namespace, sort_key, bytes);
CREATE INDEX files_by_purpose ON files (namespace, purpose, sort_key);
CREATE INDEX files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE UNIQUE INDEX files_by_blob ON files (blob);

CREATE TABLE uploads (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    namespace TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    file_lifetime BIGINT NULL,
    status TEXT COLLATE "C" NOT NULL,
    file_id TEXT COLLATE "C" NULL,
    delete_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at) WHERE status = 'pending';
CREATE INDEX uploads_by_deletion ON uploads (delete_at);

CREATE TABLE upload_parts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    upload_id TEXT COLLATE "C" NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    bytes BIGINT NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX upload_parts_by_upload ON upload_parts (upload_id, bytes);
CREATE UNIQUE INDEX upload_parts_by_blob ON upload_parts (blob);
