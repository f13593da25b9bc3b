using System.Data.Common;
using Dapper;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

internal sealed partial class SqlJobStore
{
    private const string Unclaimed = "finished_at IS NULL AND lease_owner IS NULL";
    private const string Claimed = "finished_at IS NULL AND lease_owner IS NOT NULL";

    // Steps from one namespace to the next in the index, so that the cost goes with the namespaces that wait and not with their jobs.
    private const string WaitingNamespaces = $"""
        WITH RECURSIVE waiting (namespace) AS (
            SELECT MIN(namespace) FROM jobs WHERE {Unclaimed}
            UNION ALL
            SELECT (SELECT MIN(j.namespace) FROM jobs j WHERE {Unclaimed} AND j.namespace > w.namespace) FROM waiting w WHERE w.namespace IS NOT NULL
        )
        SELECT w.namespace AS Namespace,
               (SELECT MIN(j.available_at) FROM jobs j WHERE {Unclaimed} AND j.namespace = w.namespace) AS Oldest
        FROM waiting w WHERE w.namespace IS NOT NULL
        """;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Job>> ClaimAsync(
        string owner, int count, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellation)
    {
        var (claimed, dropped) = await database.WriteAsync<(IReadOnlyList<Job>, List<string>)>(async (connection, transaction) =>
        {
            var ended = await HandBackAsync(connection, transaction, "lease_until <= @at", null, now);
            var ids = await ChooseAsync(connection, transaction, count, now);
            if (ids.Count == 0)
            {
                return ([], ended.Blobs);
            }

            await connection.ExecuteAsync(
                "UPDATE jobs SET lease_owner = @owner, lease_until = @until, attempt = attempt + 1 WHERE id IN @ids",
                new { owner, until = leaseUntil.ToColumn(), ids }, transaction);
            var rows = await connection.QueryAsync<JobRow>(JobRow.Select + " WHERE id IN @ids", new { ids }, transaction);
            var byId = rows.ToDictionary(static row => row.Id, StringComparer.Ordinal);
            return ([.. ids.Select(id => byId[id].ToJob())], ended.Blobs);
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return claimed;
    }

    /// <inheritdoc/>
    public ValueTask<bool> StartAsync(string id, int attempt, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE jobs SET status = 'in_progress', fault = NULL, started_at = COALESCE(started_at, @at)
            WHERE id = @id AND attempt = @attempt AND status = 'queued'
            """,
            new { id, attempt, at = at.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public async ValueTask<bool> FinishAsync(string id, int attempt, JobResult result, DateTimeOffset at, CancellationToken cancellation)
    {
        if (!result.Status.IsFinal())
        {
            throw new ArgumentException($"A job cannot end as {result.Status.Name()}.", nameof(result));
        }

        var hasAnswer = result.Status == JobStatus.Completed || !result.Body.IsEmpty;
        var answer = hasAnswer ? await _payloads.StoreAsync(result.Body, cancellation) : null;
        List<string>? dropped = null;
        try
        {
            dropped = await database.WriteAsync(async (connection, transaction) =>
            {
                var recorded = await connection.ExecuteAsync(
                    """
                    UPDATE jobs SET status = @status, finished_at = @at, delete_at = @at + retention, lease_owner = NULL, lease_until = NULL,
                        attempts = @attempts, fault = @fault, input_tokens = @InputTokens, output_tokens = @OutputTokens, cached_tokens = @CachedTokens
                    WHERE id = @id AND attempt = @attempt AND finished_at IS NULL
                    """,
                    new
                    {
                        id,
                        attempt,
                        status = result.Status.Name(),
                        at = at.ToColumn(),
                        attempts = result.Attempts.ToColumn(),
                        fault = result.Fault.ToColumn(),
                        result.Usage.InputTokens,
                        result.Usage.OutputTokens,
                        result.Usage.CachedTokens,
                    },
                    transaction);
                if (recorded == 0)
                {
                    return null;
                }

                if (answer is not null)
                {
                    await connection.ExecuteAsync(
                        "INSERT INTO job_answers (id, content_type, bytes, blob) VALUES (@id, @ContentType, @Bytes, @Blob)",
                        new { id, result.ContentType, answer.Bytes, answer.Blob }, transaction);
                }

                return await JobPayloads.DropBodiesAsync(connection, transaction, [id]);
            }, cancellation);
        }
        finally
        {
            await _payloads.DeleteAsync(dropped ?? (IEnumerable<string?>)[answer?.Blob]);
        }

        return dropped is not null;
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeferAsync(string id, int attempt, DateTimeOffset until, Fault reason, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE jobs SET status = 'queued', available_at = @until, fault = @fault, lease_owner = NULL, lease_until = NULL
            WHERE id = @id AND attempt = @attempt AND status IN ('queued', 'in_progress')
            """,
            new { id, attempt, until = until.ToColumn(), fault = reason.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HeldClaim>> RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation) =>
        database.WriteAsync<IReadOnlyList<HeldClaim>>(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                $"UPDATE jobs SET lease_until = @until WHERE {Claimed} AND lease_owner = @owner", new { owner, until = leaseUntil.ToColumn() }, transaction);
            var rows = await connection.QueryAsync<ClaimRow>(
                $"SELECT id AS Id, attempt AS Attempt, status AS Status FROM jobs WHERE {Claimed} AND lease_owner = @owner", new { owner }, transaction);
            return [.. rows.Select(static row => new HeldClaim(row.Id, row.Attempt, JobRow.StatusOf(row.Status)))];
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<int> ReleaseAsync(string owner, DateTimeOffset at, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync(
            (connection, transaction) => HandBackAsync(connection, transaction, "lease_owner = @owner", owner, at), cancellation);
        await _payloads.DeleteAsync(dropped);
        return count;
    }

    private static async Task<(int Count, List<string> Blobs)> HandBackAsync(
        DbConnection connection, DbTransaction transaction, string which, string? owner, DateTimeOffset time)
    {
        var at = time.ToColumn();
        var cancelled = (await connection.QueryAsync<string>(
            $"SELECT id FROM jobs WHERE {Claimed} AND {which} AND status = 'cancelling'", new { owner, at }, transaction)).AsList();
        var blobs = await EndAsync(connection, transaction, cancelled, JobStatus.Cancelled, time);
        var count = await connection.ExecuteAsync(
            $"UPDATE jobs SET status = 'queued', lease_owner = NULL, lease_until = NULL WHERE {Claimed} AND {which}", new { owner, at }, transaction);
        return (count + cancelled.Count, blobs);
    }

    /// <summary>Chooses whose turn it is: the namespace that has the fewest claimed jobs, among equals the one that has waited longest.</summary>
    private static async Task<List<string>> ChooseAsync(DbConnection connection, DbTransaction transaction, int count, DateTimeOffset now)
    {
        var waiting = (await connection.QueryAsync<WaitingRow>(WaitingNamespaces, transaction: transaction)).AsList();
        if (waiting.Count == 0)
        {
            return [];
        }

        // Counted here: with GROUP BY, SQLite walks all jobs in the order of their namespaces. A claim is small in number, a queue is not.
        var claimed = (await connection.QueryAsync<string>($"SELECT namespace FROM jobs WHERE {Claimed} AND lease_owner > ''", transaction: transaction))
            .CountBy(static @namespace => @namespace)
            .ToDictionary(StringComparer.Ordinal);
        var turns = new PriorityQueue<Queue<Candidate>, (int Claimed, long Oldest)>();
        foreach (var row in waiting.Where(row => row.Oldest <= now.ToColumn()).OrderBy(row => (claimed.GetValueOrDefault(row.Namespace), row.Oldest)).Take(count))
        {
            var candidates = new Queue<Candidate>(await connection.QueryAsync<Candidate>(
                $"""
                SELECT id AS Id, available_at AS AvailableAt FROM jobs
                WHERE {Unclaimed} AND namespace = @Namespace AND available_at <= @now AND deadline > @now ORDER BY available_at, sort_key LIMIT @count
                """,
                new { row.Namespace, now = now.ToColumn(), count }, transaction));
            if (candidates.TryPeek(out var first))
            {
                turns.Enqueue(candidates, (claimed.GetValueOrDefault(row.Namespace), first.AvailableAt));
            }
        }

        var chosen = new List<string>(count);
        while (chosen.Count < count && turns.TryDequeue(out var candidates, out var turn))
        {
            chosen.Add(candidates.Dequeue().Id);
            if (candidates.TryPeek(out var next))
            {
                turns.Enqueue(candidates, (turn.Claimed + 1, next.AvailableAt));
            }
        }

        return chosen;
    }

    private sealed class ClaimRow
    {
        public string Id { get; init; } = "";
        public int Attempt { get; init; }
        public string Status { get; init; } = "";
    }

    private sealed class WaitingRow
    {
        public string Namespace { get; init; } = "";
        public long Oldest { get; init; }
    }

    private sealed class Candidate
    {
        public string Id { get; init; } = "";
        public long AvailableAt { get; init; }
    }
}
