-- The ledger behind the sums in usage: each posting once, so that sums, requests and batches can be checked against it.
-- posting is the identifier of what was used up: a request, a line of a batch, or the interactive requests of a moment.
CREATE TABLE usage_entries (
    posting TEXT NOT NULL,
    position INTEGER NOT NULL,
    batch_id TEXT NULL,
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
    PRIMARY KEY (posting, position)
) WITHOUT ROWID;
CREATE INDEX usage_entries_by_minute ON usage_entries (minute);
CREATE INDEX usage_entries_by_batch ON usage_entries (batch_id) WHERE batch_id IS NOT NULL;

-- What was summed up before there was a ledger is its first posting.
INSERT INTO usage_entries (posting, position, batch_id, minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens)
SELECT 'opening', ROW_NUMBER() OVER (ORDER BY minute), NULL, minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens
FROM usage;
