-- A claim of a key while the request runs, and then the answer. status is NULL until there is one.
CREATE TABLE idempotency_keys (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    owner TEXT NULL,
    lease_until INTEGER NULL,
    status INTEGER NULL,
    headers TEXT NULL,
    bytes BLOB NULL,
    blob TEXT NULL,
    PRIMARY KEY (namespace, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_by_owner ON idempotency_keys (owner) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX idempotency_keys_by_blob ON idempotency_keys (blob) WHERE blob IS NOT NULL;
