-- The ledger behind the sums in usage: each posting once, so that sums, requests and batches can be checked against it.
-- posting is the identifier of what was used up: a request, a line of a batch, or the interactive requests of a moment.
CREATE TABLE usage_entries (
    posting TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    batch_id TEXT COLLATE "C" NULL,
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
    PRIMARY KEY (posting, position)
);
CREATE INDEX usage_entries_by_minute ON usage_entries (minute);
CREATE INDEX usage_entries_by_batch ON usage_entries (batch_id) WHERE batch_id IS NOT NULL;

-- What was summed up before there was a ledger is its first posting.
INSERT INTO usage_entries (posting, position, batch_id, minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens)
SELECT 'opening', ROW_NUMBER() OVER (ORDER BY minute), NULL, minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens
FROM usage;
