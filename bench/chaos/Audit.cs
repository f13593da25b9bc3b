using System.Data.Common;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Resultity.Chaos;

/// <summary>Holds the gateways to what they have promised: through the API as a client, and in the database as an auditor.</summary>
internal sealed class Audit(Cluster cluster, Clients clients, Tally tally)
{
    // Each finds rows that must not exist. The statements are those that SQLite and PostgreSQL share.
    private static readonly (string What, string Sql)[] Books =
    [
        ("requests that are not finished",
            "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL"),
        ("finished requests without exactly one answer",
            "SELECT COUNT(*) FROM jobs j WHERE j.status = 'completed' AND (SELECT COUNT(*) FROM job_answers a WHERE a.id = j.id) <> 1"),
        ("answers of requests that are not there",
            "SELECT COUNT(*) FROM job_answers a WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = a.id)"),
        ("completed requests that were not charged exactly once",
            """
            SELECT COUNT(*) FROM jobs j WHERE j.status = 'completed'
                AND (SELECT COALESCE(SUM(u.requests - u.failed), 0) FROM usage_entries u WHERE u.posting = j.id) <> 1
            """),
        ("requests whose charge is not what they used",
            """
            SELECT COUNT(*) FROM jobs j WHERE j.status = 'completed' AND (
                (SELECT COALESCE(SUM(u.input_tokens), 0) FROM usage_entries u WHERE u.posting = j.id) <> j.input_tokens OR
                (SELECT COALESCE(SUM(u.output_tokens), 0) FROM usage_entries u WHERE u.posting = j.id) <> j.output_tokens)
            """),
        ("sums of usage that are not the sums of the ledger",
            """
            SELECT COUNT(*) FROM usage s WHERE s.requests <> (
                SELECT COALESCE(SUM(u.requests), 0) FROM usage_entries u WHERE u.minute = s.minute AND u.namespace = s.namespace AND u.key_id = s.key_id
                    AND u.model = s.model AND u.endpoint = s.endpoint AND u.node_id = s.node_id)
            """),
        ("batches whose counts are not their lines",
            """
            SELECT COUNT(*) FROM batches b WHERE b.total <> b.completed + b.failed
                OR b.completed + b.failed <> (SELECT COUNT(*) FROM batch_lines l WHERE l.batch_id = b.id)
            """),
        ("batches whose charge is not the sum of their lines",
            """
            SELECT COUNT(*) FROM batches b WHERE
                (SELECT COALESCE(SUM(u.output_tokens), 0) FROM usage_entries u WHERE u.batch_id = b.id)
                <> (SELECT COALESCE(SUM(l.output_tokens), 0) FROM batch_lines l WHERE l.batch_id = b.id)
            """),
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Waits for all that was promised, and notes what is wrong with it.</summary>
    /// <returns>What was looked at, a line each, with how many were found wrong.</returns>
    public async Task<IReadOnlyList<(string What, long Wrong)>> RunAsync()
    {
        var lost = await CountAsync(tally.Accepted, RequestAsync);
        var lostBatches = await CountAsync(tally.Batches, BatchAsync);
        List<(string, long)> found = [("acknowledged requests that were lost or got another's answer", lost), ("acknowledged batches that were lost, or whose lines were not each answered once", lostBatches)];
        await using var connection = await ConnectAsync();
        foreach (var (what, sql) in Books) found.Add((what, await connection.ExecuteScalarAsync<long>(sql)));
        return found;
    }

    private async Task<string?> RequestAsync(string id, string word)
    {
        var request = await UntilAsync($"v1/requests/{id}?wait=20", static request => request.GetProperty("status").GetString() is "queued" or "in_progress" or "cancelling");
        if (request is not { } ended) return $"request {id} is gone";
        if (ended.GetProperty("status").GetString() != "completed") return $"request {id} ended so: {ended.GetRawText()}";
        var answer = await clients.GetAsync($"v1/requests/{id}/response");
        var got = answer is null ? "nothing" : Clients.WordOf(JsonElement.Parse(answer));
        return got == word ? null : $"request {id} for {word} was answered with {got}";
    }

    private async Task<string?> BatchAsync(string id, IReadOnlyList<string> words)
    {
        var batch = await UntilAsync($"v1/batches/{id}", static batch => batch.GetProperty("status").GetString() is "validating" or "in_progress" or "finalizing" or "cancelling");
        if (batch is not { } ended) return $"batch {id} is gone";
        var counts = ended.GetProperty("request_counts");
        if (ended.GetProperty("status").GetString() != "completed" || counts.GetProperty("completed").GetInt32() != words.Count || counts.GetProperty("total").GetInt32() != words.Count)
        {
            return $"batch {id} ended so: {ended.GetRawText()}";
        }

        var results = (await clients.GetAsync($"v1/batches/{id}/results"))!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line)).ToList();
        var answered = results.Where(static line => line.GetProperty("custom_id").GetString() == Clients.WordOf(line.GetProperty("response").GetProperty("body")))
            .Select(static line => line.GetProperty("custom_id").GetString()!).ToHashSet();
        return results.Count == words.Count && answered.SetEquals(words) ? null : $"batch {id} has {results.Count} results for {words.Count} lines, {answered.Count} of them right";
    }

    private async Task<long> CountAsync<T>(IReadOnlyDictionary<string, T> promised, Func<string, T, Task<string?>> check)
    {
        var wrong = 0L;
        await Parallel.ForEachAsync(promised, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (item, _) =>
        {
            if (await check(item.Key, item.Value) is { } what)
            {
                Interlocked.Increment(ref wrong);
                tally.Wrong(what);
            }
        });
        return wrong;
    }

    private async Task<JsonElement?> UntilAsync(string path, Func<JsonElement, bool> isUnfinished)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await clients.GetAsync(path) is { } text)
        {
            var read = JsonElement.Parse(text);
            if (!isUnfinished(read) || TimeProvider.System.GetElapsedTime(began) > Patience) return read;
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        return null;
    }

    private async Task<DbConnection> ConnectAsync()
    {
        DbConnection connection = cluster.Database is { } address ? new NpgsqlConnection(PairsOf(address)) : new SqliteConnection($"Data Source={cluster.SqliteFile};Mode=ReadOnly;Default Timeout=30");
        await connection.OpenAsync();
        return connection;
    }

    private static string PairsOf(string address)
    {
        var url = new Uri(address);
        var user = url.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Database = url.AbsolutePath[1..],
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        }.ConnectionString;
    }
}
