CREATE TABLE webhooks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    events TEXT COLLATE "C" NOT NULL,
    enabled BIGINT NOT NULL,
    disabled_reason TEXT COLLATE "C" NULL,
    secret TEXT COLLATE "C" NOT NULL,
    old_secret TEXT COLLATE "C" NULL,
    old_valid_until BIGINT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_by_namespace ON webhooks (namespace, sort_key);

-- An event for one receiver: written in the transaction of the ending that it reports, and kept as the log of its delivery.
CREATE TABLE webhook_deliveries (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sort_key TEXT COLLATE "C" NOT NULL,
    webhook_id TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    response_status BIGINT NULL,
    error TEXT COLLATE "C" NULL,
    delete_at BIGINT NULL
);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (namespace, webhook_id, sort_key);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_deletion ON webhook_deliveries (delete_at) WHERE delete_at IS NOT NULL;

ALTER TABLE jobs ADD COLUMN webhook_url TEXT COLLATE "C" NULL;
