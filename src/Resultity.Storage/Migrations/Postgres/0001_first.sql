-- Times are Unix milliseconds. Booleans are 0 and 1. sort_key is the time-sortable part of an identifier.
-- Texts compare byte by byte (COLLATE "C"), as identifiers must on every server, whatever its locale.

CREATE TABLE api_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    requests_per_minute BIGINT NOT NULL,
    tokens_per_minute BIGINT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    allowed_models TEXT COLLATE "C" NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NULL,
    last_used_at BIGINT NULL,
    revoked_at BIGINT NULL
);
CREATE INDEX api_keys_by_namespace ON api_keys (namespace, sort_key);

CREATE TABLE api_key_secrets (
    hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key_id TEXT COLLATE "C" NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    valid_until BIGINT NULL
);
CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

CREATE TABLE nodes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    public_key BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT NULL,
    last_seen_at BIGINT NULL
);

CREATE TABLE join_tokens (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    uses_left BIGINT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NULL
);

CREATE TABLE responses (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    namespace TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NULL,
    object BYTEA NOT NULL,
    input_items BYTEA NOT NULL
);
CREATE INDEX responses_by_expiry ON responses (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE usage (
    minute BIGINT NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    node_id TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    PRIMARY KEY (minute, namespace, key_id, model, endpoint, node_id)
);

CREATE TABLE jobs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    content_type TEXT COLLATE "C" NOT NULL,
    stream BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    retention BIGINT NOT NULL,
    read_once BIGINT NOT NULL,
    metadata TEXT COLLATE "C" NULL,
    status TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    available_at BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C" NULL,
    lease_until BIGINT NULL,
    started_at BIGINT NULL,
    finished_at BIGINT NULL,
    delete_at BIGINT NULL,
    attempts TEXT COLLATE "C" NULL,
    fault TEXT COLLATE "C" NULL,
    input_tokens BIGINT NOT NULL DEFAULT 0,
    output_tokens BIGINT NOT NULL DEFAULT 0,
    cached_tokens BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_namespace ON jobs (namespace, sort_key);
CREATE INDEX jobs_by_status ON jobs (namespace, status, sort_key);
CREATE INDEX jobs_unclaimed ON jobs (namespace, model, available_at, sort_key) WHERE finished_at IS NULL AND lease_owner IS NULL;
CREATE INDEX jobs_claimed ON jobs (lease_owner, namespace) WHERE finished_at IS NULL AND lease_owner IS NOT NULL;
CREATE INDEX jobs_by_deadline ON jobs (deadline) WHERE finished_at IS NULL;
CREATE INDEX jobs_by_deletion ON jobs (delete_at) WHERE delete_at IS NOT NULL;

-- Payloads have tables of their own: a change of status must not write them again.
CREATE TABLE job_bodies (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    bytes BYTEA NULL,
    blob TEXT COLLATE "C" NULL
);
CREATE UNIQUE INDEX job_bodies_by_blob ON job_bodies (blob) WHERE blob IS NOT NULL;

CREATE TABLE job_answers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    content_type TEXT COLLATE "C" NOT NULL,
    bytes BYTEA NULL,
    blob TEXT COLLATE "C" NULL
);
CREATE UNIQUE INDEX job_answers_by_blob ON job_answers (blob) WHERE blob IS NOT NULL;
