using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Writes the ledger of usage and its sums, inside the transaction of whoever records what was used.</summary>
internal static class UsageLedger
{
    /// <summary>Names that one statement asks for at most; databases bound the number of parameters.</summary>
    private const int Step = 500;

    /// <summary>Records postings in this transaction. One whose identifier is recorded already is left out.</summary>
    /// <returns>How many were recorded.</returns>
    public static async Task<int> AppendAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<UsagePosting> postings)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var ids in postings.Where(static posting => posting.Rows.Count > 0).Select(static posting => posting.Id).Chunk(Step))
        {
            known.UnionWith(await connection.QueryAsync<string>(
                "SELECT posting FROM usage_entries WHERE posting IN @ids AND position = 0", new { ids }, transaction));
        }

        var added = postings.Where(posting => posting.Rows.Count > 0 && known.Add(posting.Id)).ToList();
        if (added.Count == 0)
        {
            return 0;
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO usage_entries (posting, position, batch_id, minute, namespace, key_id, model, endpoint, node_id, requests, failed,
                                       input_tokens, output_tokens, cached_tokens, images, audio_milliseconds)
            VALUES (@Posting, @Position, @BatchId, @Minute, @Namespace, @KeyId, @Model, @Endpoint, @NodeId, @Requests, @Failed,
                    @InputTokens, @OutputTokens, @CachedTokens, @Images, @AudioMilliseconds)
            """,
            added.SelectMany(static posting => posting.Rows.Select((row, position) => LedgerRow.Of(row, posting, position))),
            transaction);

        // In one order everywhere, so that two gateways that add to the same sums do not wait for each other in a circle.
        await connection.ExecuteAsync(
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
