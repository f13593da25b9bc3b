-- A claim of a key while the request runs, and then the answer. status is NULL until there is one.
CREATE TABLE idempotency_keys (
    namespace TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    owner TEXT COLLATE "C" NULL,
    lease_until BIGINT NULL,
    status BIGINT NULL,
    headers TEXT COLLATE "C" NULL,
    bytes BYTEA NULL,
    blob TEXT COLLATE "C" NULL,
    PRIMARY KEY (namespace, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_by_owner ON idempotency_keys (owner) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX idempotency_keys_by_blob ON idempotency_keys (blob) WHERE blob IS NOT NULL;
