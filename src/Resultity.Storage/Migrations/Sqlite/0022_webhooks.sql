CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    namespace TEXT NOT NULL,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    disabled_reason TEXT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NULL,
    old_valid_until INTEGER NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX webhooks_by_namespace ON webhooks (namespace, sort_key);

-- An event for one receiver: written in the transaction of the ending that it reports, and kept as the log of its delivery.
CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    sort_key TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    response_status INTEGER NULL,
    error TEXT NULL,
    delete_at INTEGER NULL
);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (namespace, webhook_id, sort_key);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_deletion ON webhook_deliveries (delete_at) WHERE delete_at IS NOT NULL;

ALTER TABLE jobs ADD COLUMN webhook_url TEXT NULL;
