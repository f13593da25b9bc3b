using System.Data.Common;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Writes the ledger of usage and its sums, inside the transaction of whoever records what was used.</summary>
internal static class UsageLedger
{
    private const string Insert = """
        INSERT INTO usage_entries (posting, position, batch_id, minute, namespace, key_id, model, endpoint, node_id, requests, failed,
                                   input_tokens, output_tokens, cached_tokens, images, audio_milliseconds)
        VALUES (@Posting, @Position, @BatchId, @Minute, @Namespace, @KeyId, @Model, @Endpoint, @NodeId, @Requests, @Failed,
                @InputTokens, @OutputTokens, @CachedTokens, @Images, @AudioMilliseconds)
        """;

    /// <summary>Records postings in this transaction, which a stated write has begun. One whose identifier is recorded already is left out.</summary>
    /// <returns>How many were recorded.</returns>
    public static async Task<int> AppendAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<UsagePosting> postings)
    {
        var candidates = postings.Where(static posting => posting.Rows.Count > 0).ToList();
        var counts = await connection.ExecuteEachAsync(
            Insert + " ON CONFLICT (posting, position) DO NOTHING", candidates.Select(static posting => LedgerRow.Of(posting.Rows[0], posting, 0)), transaction);
        var added = candidates.Where((_, index) => counts[index] == 1).ToList();
        if (added.Count == 0)
        {
            return 0;
        }

        await connection.ExecuteEachAsync(
            Insert, added.SelectMany(static posting => posting.Rows.Skip(1).Select((row, index) => LedgerRow.Of(row, posting, index + 1))), transaction);

        // In one order everywhere, so that two gateways that add to the same sums do not wait for each other in a circle.
        await connection.ExecuteEachAsync(
            """
            INSERT INTO usage (minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens,
                               images, audio_milliseconds)
            VALUES (@Minute, @Namespace, @KeyId, @Model, @Endpoint, @NodeId, @Requests, @Failed, @InputTokens, @OutputTokens, @CachedTokens,
                    @Images, @AudioMilliseconds)
            ON CONFLICT (minute, namespace, key_id, model, endpoint, node_id) DO UPDATE SET
                requests = usage.requests + excluded.requests, failed = usage.failed + excluded.failed,
                input_tokens = usage.input_tokens + excluded.input_tokens, output_tokens = usage.output_tokens + excluded.output_tokens,
                cached_tokens = usage.cached_tokens + excluded.cached_tokens,
                images = usage.images + excluded.images, audio_milliseconds = usage.audio_milliseconds + excluded.audio_milliseconds
            """,
            added.SelectMany(static posting => posting.Rows).GroupBy(LedgerRow.KeyOf).OrderBy(static rows => rows.Key).Select(LedgerRow.Sum),
            transaction);
        return added.Count;
    }
}
