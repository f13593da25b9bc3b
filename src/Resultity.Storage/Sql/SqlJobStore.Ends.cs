using System.Data.Common;
using Dapper;
using Resultity.Serving.Jobs;

namespace Resultity.Storage.Sql;

internal sealed partial class SqlJobStore
{
    /// <inheritdoc/>
    public async ValueTask<Job?> CancelAsync(string @namespace, string id, DateTimeOffset at, CancellationToken cancellation)
    {
        var (job, dropped) = await database.WriteAsync<(Job?, List<string>)>(async (connection, transaction) =>
        {
            List<string> blobs = [];
            var found = await GetAsync(connection, transaction, @namespace, id);
            if (found is null || found.Status.IsFinal() || found.Status == JobStatus.Cancelling)
            {
                return (found, blobs);
            }

            if (found.Status == JobStatus.Queued)
            {
                blobs = await EndAsync(connection, transaction, [id], found.StartedAt is null ? JobStatus.Aborted : JobStatus.Cancelled, at);
            }
            else
            {
                await connection.ExecuteAsync("UPDATE jobs SET status = 'cancelling' WHERE id = @id", new { id }, transaction);
            }

            return (await GetAsync(connection, transaction, @namespace, id), blobs);
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return job;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Job>> ExpireAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var (expired, dropped) = await database.WriteAloneAsync<(IReadOnlyList<Job>, List<string>)>(async (connection, transaction) =>
        {
            var ids = (await connection.QueryAsync<string>(
                $"SELECT id FROM jobs WHERE {Unclaimed} AND deadline <= @now ORDER BY deadline LIMIT @limit{database.SkipLocked}",
                new { now = now.ToColumn(), limit }, transaction)).AsList();
            if (ids.Count == 0)
            {
                return ([], []);
            }

            var blobs = await EndAsync(connection, transaction, ids, JobStatus.Expired, now);
            var rows = await connection.QueryAsync<JobRow>(JobRow.Select + " WHERE id IN @ids", new { ids }, transaction);
            return ([.. rows.Select(static row => row.ToJob())], blobs);
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return expired;
    }

    /// <inheritdoc/>
    public async ValueTask<Job?> DeleteAsync(string @namespace, string id, CancellationToken cancellation)
    {
        var (job, dropped) = await database.WriteAsync<(Job?, List<string>)>(async (connection, transaction) =>
            await GetAsync(connection, transaction, @namespace, id) is { } found
                ? (found, await JobPayloads.DropJobsAsync(connection, transaction, [id]))
                : (null, []), cancellation);
        await _payloads.DeleteAsync(dropped);
        return job;
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync<(int, List<string>)>(async (connection, transaction) =>
        {
            var ids = (await connection.QueryAsync<string>(
                "SELECT id FROM jobs WHERE delete_at <= @now ORDER BY delete_at LIMIT @limit", new { now = now.ToColumn(), limit }, transaction)).AsList();
            return (ids.Count, ids.Count == 0 ? [] : await JobPayloads.DropJobsAsync(connection, transaction, ids));
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return count;
    }

    /// <summary>Ends jobs that have no answer.</summary>
    /// <returns>The blobs to delete once this is committed.</returns>
    private static async Task<List<string>> EndAsync(
        DbConnection connection, DbTransaction transaction, List<string> ids, JobStatus status, DateTimeOffset at)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await connection.ExecuteAsync(
            """
            UPDATE jobs SET status = @status, fault = NULL, finished_at = @at, delete_at = @at + retention, lease_owner = NULL, lease_until = NULL WHERE id IN @ids
            """,
            new { ids, status = status.Name(), at = at.ToColumn() }, transaction);
        await WebhookOutbox.JobsEndedAsync(connection, transaction, ids, at);
        return await JobPayloads.DropBodiesAsync(connection, transaction, ids);
    }
}
