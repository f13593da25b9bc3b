using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Compares the ledger of usage with everything that is to agree with it.</summary>
internal static class LedgerChecks
{
    private static readonly string[] Counts = ["requests", "failed", "input_tokens", "output_tokens", "cached_tokens", "images", "audio_milliseconds"];

    private static readonly string[] Tokens = ["input_tokens", "output_tokens", "cached_tokens"];

    private static readonly string Sums = $"""
        SELECT COUNT(*) FROM (
            SELECT minute FROM (
                SELECT minute, namespace, key_id, model, endpoint, node_id, {string.Join(", ", Counts)} FROM usage_entries WHERE minute >= @from
                UNION ALL
                SELECT minute, namespace, key_id, model, endpoint, node_id, {string.Join(", ", Counts.Select(static name => $"-{name}"))} FROM usage WHERE minute >= @from
            ) both_sides
            GROUP BY minute, namespace, key_id, model, endpoint, node_id
            HAVING {string.Join(" OR ", Counts.Select(static name => $"SUM({name}) <> 0"))}
        ) wrong
        """;

    private static readonly string Jobs =
        $"SELECT COUNT(*) FROM jobs o WHERE o.finished_at >= @from AND ({Differs("usage_entries", "posting")})";

    private static readonly string Batches =
        $"SELECT COUNT(*) FROM batches o WHERE o.finished_at >= @from AND ({Differs("usage_entries", "batch_id")} OR {Differs("batch_lines", "batch_id")})";

    /// <summary>Counts what does not agree.</summary>
    /// <param name="connection">Where to look.</param>
    /// <param name="from">Minutes and ends before this are left out. Sums are compared by whole minutes, so a minute that it cuts is not.</param>
    public static async Task<LedgerCheck> RunAsync(DbConnection connection, long from) => new(
        await connection.ExecuteScalarAsync<long>(Sums, new { from }),
        await connection.ExecuteScalarAsync<long>(Jobs, new { from }),
        await connection.ExecuteScalarAsync<long>(Batches, new { from }));

    private static string Differs(string table, string column) => string.Join(" OR ", Tokens.Select(name =>
        $"o.{name} <> COALESCE((SELECT SUM(e.{name}) FROM {table} e WHERE e.{column} = o.id), 0)"));
}
