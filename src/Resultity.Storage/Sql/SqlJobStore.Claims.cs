using System.Data.Common;
using Dapper;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

internal sealed partial class SqlJobStore
{
    internal const string Unclaimed = "finished_at IS NULL AND lease_owner IS NULL";
    internal const string Claimed = "finished_at IS NULL AND lease_owner IS NOT NULL";

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Job>> ClaimAsync(
        string owner, ClaimRoom room, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellation)
    {
        var (claimed, dropped) = await database.WriteAloneAsync<(IReadOnlyList<Job>, List<string>)>(async (connection, transaction) =>
        {
            var ended = await HandBackAsync(connection, transaction, "lease_until <= @at", null, now);
            var ids = await JobTurns.ChooseAsync(connection, transaction, database.SkipLocked, room, now);
            if (ids.Count == 0)
            {
                return ([], ended.Blobs);
            }

            var rows = await connection.QueryAsync<JobRow>(
                $"UPDATE jobs SET lease_owner = @owner, lease_until = @until, attempt = attempt + 1 WHERE id IN @ids RETURNING {JobRow.Columns}",
                new { owner, until = leaseUntil.ToColumn(), ids }, transaction);
            var byId = rows.ToDictionary(static row => row.Id, StringComparer.Ordinal);
            return ([.. ids.Select(id => byId[id].ToJob())], ended.Blobs);
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return claimed;
    }

    /// <inheritdoc/>
    public ValueTask<bool> StartAsync(string id, int attempt, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteStatedAsync(async (connection, transaction) => await connection.ExecuteAsync(
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
        List<string>? dropped;
        try
        {
            dropped = await database.WriteStatedAsync(async (connection, transaction) =>
            {
                var recorded = await connection.ExecuteAsync(
                    """
                    UPDATE jobs SET status = @status, finished_at = @at, delete_at = @at + retention, lease_owner = NULL, lease_until = NULL,
                        attempts = @attempts, fault = @fault, input_tokens = @InputTokens, output_tokens = @OutputTokens, cached_tokens = @CachedTokens,
                        images = @Images, audio_milliseconds = @AudioMilliseconds
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
                        result.Usage.Images,
                        result.Usage.AudioMilliseconds,
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

                await UsageLedger.AppendAsync(connection, transaction, [UsagePosting.Of(id, result.Charges, at)]);
                await WebhookOutbox.JobsEndedAsync(connection, transaction, [id], at, result.Ending);
                return await JobPayloads.DropBodiesAsync(connection, transaction, [id]);
            }, cancellation);
        }
        catch (Exception exception) when (exception is not StorageException { IsOutcomeUnknown: true })
        {
            await _payloads.DeleteAsync([answer?.Blob]);
            throw;
        }

        await _payloads.DeleteAsync(dropped ?? (IEnumerable<string?>)[answer?.Blob]);
        return dropped is not null;
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeferAsync(string id, int attempt, DateTimeOffset until, Fault reason, CancellationToken cancellation) =>
        database.WriteStatedAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE jobs SET status = 'queued', available_at = @until, fault = @fault, lease_owner = NULL, lease_until = NULL
            WHERE id = @id AND attempt = @attempt AND status IN ('queued', 'in_progress')
            """,
            new { id, attempt, until = until.ToColumn(), fault = reason.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HeldClaim>> RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation) =>
        database.WriteAloneAsync<IReadOnlyList<HeldClaim>>(async (connection, transaction) =>
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
        var (count, dropped) = await database.WriteAloneAsync(
            (connection, transaction) => HandBackAsync(connection, transaction, "lease_owner = @owner", owner, at), cancellation);
        await _payloads.DeleteAsync(dropped);
        return count;
    }

    private async Task<(int Count, List<string> Blobs)> HandBackAsync(
        DbConnection connection, DbTransaction transaction, string which, string? owner, DateTimeOffset time)
    {
        var at = time.ToColumn();
        var claims = (await connection.QueryAsync<ClaimRow>(
            $"SELECT id AS Id, attempt AS Attempt, status AS Status FROM jobs WHERE {Claimed} AND {which}{database.SkipLocked}", new { owner, at }, transaction)).AsList();
        if (claims.Count == 0)
        {
            return (0, []);
        }

        var (cancelled, ids) = (new List<string>(), new List<string>());
        foreach (var claim in claims)
        {
            (JobRow.StatusOf(claim.Status) == JobStatus.Cancelling ? cancelled : ids).Add(claim.Id);
        }

        await connection.ExecuteAsync("UPDATE jobs SET status = 'queued', lease_owner = NULL, lease_until = NULL WHERE id IN @ids", new { ids }, transaction);
        return (claims.Count, await EndAsync(connection, transaction, cancelled, JobStatus.Cancelled, time));
    }

    private sealed class ClaimRow
    {
        public string Id { get; init; } = "";
        public int Attempt { get; init; }
        public string Status { get; init; } = "";
    }
}
