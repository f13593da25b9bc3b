using System.Data.Common;
using Dapper;
using Resultity.Serving.Batches;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed partial class SqlBatchStore(SqlDatabase database, IBlobStore blobs) : IBatchStore
{
    private const string Held = "finished_at IS NULL AND lease_owner IS NOT NULL";

    /// <summary>How many namespaces' batches a claim looks at; those behind them have their turn when these are at work.</summary>
    private const int MostCandidates = 1000;

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(Batch batch, CancellationToken cancellation)
    {
        var row = BatchRow.Of(batch);
        return database.WriteAsync(async (connection, transaction) =>
            await connection.ExecuteScalarAsync<int>(
                "SELECT COUNT(*) FROM files WHERE id = @InputFileId AND namespace = @Namespace AND blob = @InputBlob", row, transaction) == 1
            && await connection.ExecuteAsync(BatchRow.Insert, row, transaction) == 1, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Batch?> GetAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetAsync(connection, null, @namespace, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<Batch>> ListAsync(string @namespace, PageQuery page, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "namespace = @namespace");
            sql.AddPage("sort_key", page);
            var rows = (await connection.QueryAsync<BatchRow>(
                BatchRow.Select + sql, new { @namespace, after = page.After?.ToSortKey(), limit = page.Limit + 1L })).AsList();
            return rows.ToPage(page, static row => row.ToBatch());
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> CountUnfinishedAsync(string @namespace, CancellationToken cancellation) =>
        database.ReadAsync(connection => connection.ExecuteScalarAsync<int>(
            "SELECT COUNT(*) FROM batches WHERE finished_at IS NULL AND namespace = @namespace", new { @namespace }), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Batch>> ClaimAsync(string owner, int count, DateTimeOffset now, DateTimeOffset leaseUntil, Func<FreeBatch, bool> takes, CancellationToken cancellation) =>
        database.WriteAloneAsync<IReadOnlyList<Batch>>(async (connection, transaction) =>
        {
            var at = now.ToColumn();
            var free = (await connection.QueryAsync<FreeBatch>(
                $"""
                SELECT id AS Id, namespace AS Namespace, model AS Model FROM batches WHERE finished_at IS NULL AND (lease_owner IS NULL OR lease_until <= @at)
                ORDER BY sort_key LIMIT {MostCandidates}{database.SkipLocked}
                """,
                new { at }, transaction)).Where(takes).ToList();
            if (free.Count == 0)
            {
                return [];
            }

            var claimed = (await connection.QueryAsync<string>($"SELECT namespace FROM batches WHERE {Held} AND lease_until > @at", new { at }, transaction))
                .CountBy(static @namespace => @namespace).ToDictionary(StringComparer.Ordinal);
            var ids = Choose(free, claimed, count);
            await connection.ExecuteAsync(
                "UPDATE batches SET lease_owner = @owner, lease_until = @until, attempt = attempt + 1 WHERE id IN @ids AND finished_at IS NULL",
                new { owner, until = leaseUntil.ToColumn(), ids }, transaction);
            var rows = await connection.QueryAsync<BatchRow>(BatchRow.Select + " WHERE id IN @ids AND finished_at IS NULL", new { ids }, transaction);
            return [.. rows.Select(static row => row.ToBatch())];
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HeldBatch>> RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation) =>
        database.WriteAsync<IReadOnlyList<HeldBatch>>(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                $"UPDATE batches SET lease_until = @until WHERE {Held} AND lease_owner = @owner", new { owner, until = leaseUntil.ToColumn() }, transaction);
            var rows = await connection.QueryAsync<HeldRow>(
                $"SELECT id AS Id, attempt AS Attempt, status AS Status FROM batches WHERE {Held} AND lease_owner = @owner", new { owner }, transaction);
            return [.. rows.Select(static row => new HeldBatch(row.Id, row.Attempt, BatchRow.StatusOf(row.Status)))];
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> ReleaseAsync(string owner, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            $"UPDATE batches SET lease_owner = NULL, lease_until = NULL WHERE {Held} AND lease_owner = @owner", new { owner }, transaction), cancellation);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(string id, int attempt, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            $"UPDATE batches SET lease_owner = NULL, lease_until = NULL WHERE id = @id AND attempt = @attempt AND {Held}", new { id, attempt }, transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> BeginAsync(string id, int attempt, int total, string? model, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE batches SET status = 'in_progress', in_progress_at = @at, total = @total, model = @model
            WHERE id = @id AND attempt = @attempt AND status = 'validating'
            """,
            new { id, attempt, total, model, at = at.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> FinalizeAsync(string id, int attempt, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE batches SET status = 'finalizing', finalizing_at = COALESCE(finalizing_at, @at)
            WHERE id = @id AND attempt = @attempt AND status IN ('in_progress', 'finalizing')
            """,
            new { id, attempt, at = at.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public async ValueTask<bool> FinishAsync(string id, int attempt, BatchEnd end, CancellationToken cancellation)
    {
        if (!end.Status.IsFinal())
        {
            throw new ArgumentException($"A batch cannot end as {end.Status.Name()}.", nameof(end));
        }

        var (isDone, dropped) = await database.WriteAsync<(bool, string?)>(async (connection, transaction) =>
        {
            var finished = await connection.ExecuteAsync(
                """
                UPDATE batches SET status = @status, finished_at = @at, delete_at = @deleteAt, errors = @errors, output_file_id = @output, error_file_id = @error,
                    lease_owner = NULL, lease_until = NULL
                WHERE id = @id AND attempt = @attempt AND finished_at IS NULL
                """,
                new
                {
                    id,
                    attempt,
                    status = end.Status.Name(),
                    at = end.At.ToColumn(),
                    deleteAt = end.DeleteAt.ToColumn(),
                    errors = end.Errors.ToColumn(),
                    output = end.Output?.Id,
                    error = end.Error?.Id,
                },
                transaction);
            if (finished == 0)
            {
                return (false, null);
            }

            var owner = await connection.QuerySingleAsync<string>("SELECT namespace FROM batches WHERE id = @id", new { id }, transaction);
            await WebhookOutbox.AppendAsync(connection, transaction, new WebhookEvent(owner, $"batch.{end.Status.Name()}", id, end.At));
            foreach (var file in (StoredFile?[])[end.Output, end.Error])
            {
                if (file is not null)
                {
                    // The results of work that was taken on are kept, whatever else the namespace keeps.
                    await SqlFileStore.AddAsync(connection, transaction, file, long.MaxValue);
                }
            }

            return (true, await connection.QuerySingleOrDefaultAsync<string>(
                """
                SELECT input_blob FROM batches b
                WHERE id = @id AND NOT EXISTS (SELECT 1 FROM files f WHERE f.blob = b.input_blob)
                    AND NOT EXISTS (SELECT 1 FROM batches o WHERE o.input_blob = b.input_blob AND o.finished_at IS NULL)
                """,
                new { id }, transaction));
        }, cancellation);
        if (dropped is not null)
        {
            await blobs.DeleteAsync(dropped, CancellationToken.None);
        }

        return isDone;
    }

    /// <inheritdoc/>
    public ValueTask<Batch?> CancelAsync(string @namespace, string id, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                """
                UPDATE batches SET status = 'cancelling', cancelling_at = @at
                WHERE id = @id AND namespace = @namespace AND status IN ('validating', 'in_progress')
                """,
                new { id, @namespace, at = at.ToColumn() }, transaction);
            return await GetAsync(connection, transaction, @namespace, id);
        }, cancellation);

    private static async Task<Batch?> GetAsync(DbConnection connection, DbTransaction? transaction, string @namespace, string id) =>
        (await connection.QuerySingleOrDefaultAsync<BatchRow>(
            BatchRow.Select + " WHERE id = @id AND namespace = @namespace", new { id, @namespace }, transaction))?.ToBatch();

    /// <summary>Takes turns between namespaces: the one that has the fewest claims comes first, among equals the oldest batch.</summary>
    private static List<string> Choose(List<FreeBatch> free, Dictionary<string, int> claimed, int count)
    {
        var turns = new PriorityQueue<FreeBatch, (int Claimed, int Age)>();
        var age = 0;
        foreach (var row in free)
        {
            var turn = claimed.GetValueOrDefault(row.Namespace);
            claimed[row.Namespace] = turn + 1;
            turns.Enqueue(row, (turn, age++));
        }

        var ids = new List<string>(Math.Min(count, free.Count));
        while (ids.Count < count && turns.TryDequeue(out var row, out _))
        {
            ids.Add(row.Id);
        }

        return ids;
    }

    private sealed class HeldRow
    {
        public string Id { get; init; } = "";
        public int Attempt { get; init; }
        public string Status { get; init; } = "";
    }
}
