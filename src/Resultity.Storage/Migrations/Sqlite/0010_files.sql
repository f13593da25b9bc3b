CREATE TABLE files (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NULL,
    blob TEXT NOT NULL
);
-- With the lengths, so that the sum over a namespace is read from the index alone.
CREATE INDEX files_by_namespace ON files (namespace, sort_key, bytes);
CREATE INDEX files_by_purpose ON files (namespace, purpose, sort_key);
CREATE INDEX files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE UNIQUE INDEX files_by_blob ON files (blob);

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    file_lifetime INTEGER NULL,
    status TEXT NOT NULL,
    file_id TEXT NULL,
    delete_at INTEGER NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at) WHERE status = 'pending';
CREATE INDEX uploads_by_deletion ON uploads (delete_at);

CREATE TABLE upload_parts (
    id TEXT NOT NULL PRIMARY KEY,
    upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    blob TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX upload_parts_by_upload ON upload_parts (upload_id, bytes);
CREATE UNIQUE INDEX upload_parts_by_blob ON upload_parts (blob);
