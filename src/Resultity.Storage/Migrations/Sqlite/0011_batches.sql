CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    namespace TEXT NOT NULL,
    key_id TEXT NOT NULL,
    endpoint TEXT NULL,
    input_file_id TEXT NOT NULL,
    input_blob TEXT NOT NULL,
    completion_window TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    output_lifetime INTEGER NULL,
    metadata TEXT NULL,
    retry_of TEXT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    lease_owner TEXT NULL,
    lease_until INTEGER NULL,
    in_progress_at INTEGER NULL,
    finalizing_at INTEGER NULL,
    cancelling_at INTEGER NULL,
    finished_at INTEGER NULL,
    delete_at INTEGER NULL,
    total INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    output_bytes INTEGER NOT NULL DEFAULT 0,
    error_bytes INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    model TEXT NULL,
    errors TEXT NULL,
    output_file_id TEXT NULL,
    error_file_id TEXT NULL
);
CREATE INDEX batches_by_namespace ON batches (namespace, sort_key);
CREATE INDEX batches_unfinished ON batches (namespace, sort_key) WHERE finished_at IS NULL;
CREATE INDEX batches_by_input ON batches (input_blob) WHERE finished_at IS NULL;
CREATE INDEX batches_by_deletion ON batches (delete_at) WHERE delete_at IS NOT NULL;

-- One row for each line that has a result; where it stands in the file that it is in, or will be.
CREATE TABLE batch_lines (
    batch_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    node_id TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    PRIMARY KEY (batch_id, line)
) WITHOUT ROWID;
CREATE UNIQUE INDEX batch_lines_by_sequence ON batch_lines (batch_id, sequence);

-- The files before they are written, in the pieces in which results were recorded.
CREATE TABLE batch_pieces (
    batch_id TEXT NOT NULL,
    succeeded INTEGER NOT NULL,
    start INTEGER NOT NULL,
    bytes BLOB NULL,
    blob TEXT NULL,
    PRIMARY KEY (batch_id, succeeded, start)
);
CREATE UNIQUE INDEX batch_pieces_by_blob ON batch_pieces (blob) WHERE blob IS NOT NULL;
