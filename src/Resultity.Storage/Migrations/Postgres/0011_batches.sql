CREATE TABLE batches (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    endpoint TEXT COLLATE "C" NULL,
    input_file_id TEXT COLLATE "C" NOT NULL,
    input_blob TEXT COLLATE "C" NOT NULL,
    completion_window TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    output_lifetime BIGINT NULL,
    metadata TEXT COLLATE "C" NULL,
    retry_of TEXT COLLATE "C" NULL,
    status TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C" NULL,
    lease_until BIGINT NULL,
    in_progress_at BIGINT NULL,
    finalizing_at BIGINT NULL,
    cancelling_at BIGINT NULL,
    finished_at BIGINT NULL,
    delete_at BIGINT NULL,
    total BIGINT NOT NULL DEFAULT 0,
    completed BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    output_bytes BIGINT NOT NULL DEFAULT 0,
    error_bytes BIGINT NOT NULL DEFAULT 0,
    input_tokens BIGINT NOT NULL DEFAULT 0,
    output_tokens BIGINT NOT NULL DEFAULT 0,
    cached_tokens BIGINT NOT NULL DEFAULT 0,
    model TEXT COLLATE "C" NULL,
    errors TEXT COLLATE "C" NULL,
    output_file_id TEXT COLLATE "C" NULL,
    error_file_id TEXT COLLATE "C" NULL
);
CREATE INDEX batches_by_namespace ON batches (namespace, sort_key);
CREATE INDEX batches_unfinished ON batches (namespace, sort_key) WHERE finished_at IS NULL;
CREATE INDEX batches_by_input ON batches (input_blob) WHERE finished_at IS NULL;
CREATE INDEX batches_by_deletion ON batches (delete_at) WHERE delete_at IS NOT NULL;

-- One row for each line that has a result; where it stands in the file that it is in, or will be.
CREATE TABLE batch_lines (
    batch_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    succeeded BIGINT NOT NULL,
    start BIGINT NOT NULL,
    length BIGINT NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    node_id TEXT COLLATE "C" NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    PRIMARY KEY (batch_id, line)
);
CREATE UNIQUE INDEX batch_lines_by_sequence ON batch_lines (batch_id, sequence);

-- The files before they are written, in the pieces in which results were recorded.
CREATE TABLE batch_pieces (
    batch_id TEXT COLLATE "C" NOT NULL,
    succeeded BIGINT NOT NULL,
    start BIGINT NOT NULL,
    bytes BYTEA NULL,
    blob TEXT COLLATE "C" NULL,
    PRIMARY KEY (batch_id, succeeded, start)
);
CREATE UNIQUE INDEX batch_pieces_by_blob ON batch_pieces (blob) WHERE blob IS NOT NULL;
