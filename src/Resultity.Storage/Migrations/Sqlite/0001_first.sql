-- Times are Unix milliseconds. Booleans are 0 and 1. sort_key is the time-sortable part of an identifier.

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    scopes TEXT NOT NULL,
    requests_per_minute INTEGER NOT NULL,
    tokens_per_minute INTEGER NOT NULL,
    weight REAL NOT NULL,
    allowed_models TEXT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NULL,
    last_used_at INTEGER NULL,
    revoked_at INTEGER NULL
);
CREATE INDEX api_keys_by_namespace ON api_keys (namespace, sort_key);

CREATE TABLE api_key_secrets (
    hash TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    valid_until INTEGER NULL
);
CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    enrolled_at INTEGER NOT NULL,
    revoked_at INTEGER NULL,
    last_seen_at INTEGER NULL
);

CREATE TABLE join_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    uses_left INTEGER NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NULL
);

CREATE TABLE responses (
    id TEXT NOT NULL PRIMARY KEY,
    namespace TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NULL,
    object BLOB NOT NULL,
    input_items BLOB NOT NULL
);
CREATE INDEX responses_by_expiry ON responses (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE usage (
    minute INTEGER NOT NULL,
    namespace TEXT NOT NULL,
    key_id TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    node_id TEXT NOT NULL,
    requests INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    PRIMARY KEY (minute, namespace, key_id, model, endpoint, node_id)
) WITHOUT ROWID;

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    key_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    content_type TEXT NOT NULL,
    stream INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    retention INTEGER NOT NULL,
    read_once INTEGER NOT NULL,
    metadata TEXT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    lease_owner TEXT NULL,
    lease_until INTEGER NULL,
    started_at INTEGER NULL,
    finished_at INTEGER NULL,
    delete_at INTEGER NULL,
    attempts TEXT NULL,
    fault TEXT NULL,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_namespace ON jobs (namespace, sort_key);
CREATE INDEX jobs_by_status ON jobs (namespace, status, sort_key);
CREATE INDEX jobs_unclaimed ON jobs (namespace, model, available_at, sort_key) WHERE finished_at IS NULL AND lease_owner IS NULL;
CREATE INDEX jobs_claimed ON jobs (lease_owner, namespace) WHERE finished_at IS NULL AND lease_owner IS NOT NULL;
CREATE INDEX jobs_by_deadline ON jobs (deadline) WHERE finished_at IS NULL;
CREATE INDEX jobs_by_deletion ON jobs (delete_at) WHERE delete_at IS NOT NULL;

-- Payloads have tables of their own: a change of status must not write them again.
CREATE TABLE job_bodies (
    id TEXT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    bytes BLOB NULL,
    blob TEXT NULL
);
CREATE UNIQUE INDEX job_bodies_by_blob ON job_bodies (blob) WHERE blob IS NOT NULL;

CREATE TABLE job_answers (
    id TEXT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    content_type TEXT NOT NULL,
    bytes BLOB NULL,
    blob TEXT NULL
);
CREATE UNIQUE INDEX job_answers_by_blob ON job_answers (blob) WHERE blob IS NOT NULL;
