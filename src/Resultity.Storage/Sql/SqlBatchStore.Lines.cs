using System.Data.Common;
using Dapper;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

internal sealed partial class SqlBatchStore
{
    /// <summary>Up to this size a piece stands in its row: a file of its own would cost two more flushes of the disk.</summary>
    private const int MaxInline = 1 << 20;

    /// <summary>How many rows one write deletes at most, since it holds up every other write.</summary>
    private const int Step = 2000;

    /// <inheritdoc/>
    public async ValueTask<bool> AppendAsync(string id, int attempt, IReadOnlyList<LineResult> results, DateTimeOffset at, CancellationToken cancellation)
    {
        var output = await PieceAsync(results, succeeded: true, cancellation);
        var errors = await PieceAsync(results, succeeded: false, cancellation);
        var isKept = false;
        try
        {
            return isKept = await database.WriteStatedAsync(
                (connection, transaction) => AppendAsync(connection, transaction, id, attempt, results, at, output, errors), cancellation);
        }
        catch (StorageException exception) when (exception.IsOutcomeUnknown)
        {
            // The lines may name them; if not, a sweep finds them.
            isKept = true;
            throw;
        }
        finally
        {
            if (!isKept)
            {
                await DeleteBlobsAsync([output.Blob, errors.Blob]);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> LinesAsync(string id, bool? succeeded, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<int>>(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "batch_id = @id");
            sql.AddIf(succeeded is not null, "succeeded = @wanted");
            return (await connection.QueryAsync<int>($"SELECT line FROM batch_lines {sql} ORDER BY line", new { id, wanted = succeeded == true ? 1 : 0 })).AsList();
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> SequenceOfAsync(string id, int line, CancellationToken cancellation) =>
        database.ReadAsync(connection => connection.ExecuteScalarAsync<int>(
            "SELECT COALESCE((SELECT sequence FROM batch_lines WHERE batch_id = @id AND line = @line), 0)", new { id, line }), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RecordedLine>> NextAsync(string id, int after, bool? succeeded, int limit, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<RecordedLine>>(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "batch_id = @id AND sequence > @after");
            sql.AddIf(succeeded is not null, "succeeded = @wanted");
            var rows = await connection.QueryAsync<LineRow>(
                $"SELECT line AS Line, sequence AS Sequence, succeeded AS Succeeded, start AS Start, length AS Length FROM batch_lines {sql} ORDER BY sequence LIMIT @limit",
                new { id, after, wanted = succeeded == true ? 1 : 0, limit });
            return [.. rows.Select(static row => new RecordedLine(row.Line, row.Sequence, row.Succeeded != 0, row.Start, row.Length))];
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ReadPieceAsync(string id, bool succeeded, long start, CancellationToken cancellation)
    {
        var row = await database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<PieceRow>(
            """
            SELECT start AS Start, bytes AS Bytes, blob AS Blob FROM batch_pieces
            WHERE batch_id = @id AND succeeded = @wanted AND start <= @start ORDER BY start DESC LIMIT 1
            """,
            new { id, wanted = succeeded ? 1 : 0, start }), cancellation);
        var bytes = row switch
        {
            null => default,
            { Blob: { } name } => await LoadAsync(name, cancellation),
            _ => row.Bytes,
        };
        return row is not null && start - row.Start < bytes.Length ? bytes[(int)(start - row.Start)..] : default;
    }

    /// <inheritdoc/>
    public async ValueTask DropPiecesAsync(string id, CancellationToken cancellation)
    {
        List<string?> names;
        do
        {
            names = await database.WriteAsync(async (connection, transaction) =>
            {
                var rows = (await connection.QueryAsync<PieceRow>(
                    $"SELECT succeeded AS Succeeded, start AS Start, blob AS Blob FROM batch_pieces WHERE batch_id = @id LIMIT {Step / 100}", new { id }, transaction)).AsList();
                await connection.ExecuteAsync(
                    "DELETE FROM batch_pieces WHERE batch_id = @id AND succeeded = @Succeeded AND start = @Start",
                    rows.Select(row => new { id, row.Succeeded, row.Start }), transaction);
                return rows.ConvertAll(static row => row.Blob);
            }, cancellation);
            await DeleteBlobsAsync(names);
        }
        while (names.Count > 0);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlySet<string>>(async connection => (await connection.QueryAsync<string>(
            """
            SELECT blob FROM batch_pieces WHERE blob IN @names
            UNION ALL
            SELECT input_blob FROM batches WHERE input_blob IN @names AND finished_at IS NULL
            """,
            new { names })).ToHashSet(StringComparer.Ordinal), cancellation);

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var ids = await database.ReadAsync(async connection => (await connection.QueryAsync<string>(
            "SELECT id FROM batches WHERE delete_at <= @now ORDER BY delete_at LIMIT @limit", new { now = now.ToColumn(), limit })).AsList(), cancellation);
        foreach (var id in ids)
        {
            await DropPiecesAsync(id, cancellation);
            while (await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
                $"DELETE FROM batch_lines WHERE batch_id = @id AND line IN (SELECT line FROM batch_lines WHERE batch_id = @id ORDER BY line LIMIT {Step})",
                new { id }, transaction), cancellation) == Step)
            {
            }

            await database.WriteAsync((connection, transaction) => connection.ExecuteAsync("DELETE FROM batches WHERE id = @id", new { id }, transaction), cancellation);
        }

        return ids.Count;
    }

    private static async Task<bool> AppendAsync(
        DbConnection connection, DbTransaction transaction, string id, int attempt, IReadOnlyList<LineResult> results, DateTimeOffset at, Piece output, Piece errors)
    {
        var usage = results.Aggregate(default(Usage), static (sum, result) => sum + result.Usage);
        var completed = results.Count(static result => result.Succeeded);

        // The fence: only the latest claim of an unfinished batch gets past here. What it returns are the sums afterwards.
        var sums = await connection.QuerySingleOrDefaultAsync<SumRow>(
            """
            UPDATE batches SET completed = completed + @completed, failed = failed + @failed, output_bytes = output_bytes + @outputBytes,
                error_bytes = error_bytes + @errorBytes, input_tokens = input_tokens + @InputTokens, output_tokens = output_tokens + @OutputTokens,
                cached_tokens = cached_tokens + @CachedTokens
            WHERE id = @id AND attempt = @attempt AND finished_at IS NULL
            RETURNING completed + failed AS Recorded, output_bytes AS OutputBytes, error_bytes AS ErrorBytes
            """,
            new
            {
                id,
                attempt,
                completed,
                failed = results.Count - completed,
                outputBytes = output.Length,
                errorBytes = errors.Length,
                usage.InputTokens,
                usage.OutputTokens,
                usage.CachedTokens,
            },
            transaction);
        if (sums is null)
        {
            return false;
        }

        var first = sums.Recorded - results.Count + 1;
        var (outputStart, errorStart) = (sums.OutputBytes - output.Length, sums.ErrorBytes - errors.Length);
        foreach (var (succeeded, start, piece) in new[] { (1, outputStart, output), (0, errorStart, errors) })
        {
            if (piece.Length > 0)
            {
                await connection.ExecuteAsync(
                    "INSERT INTO batch_pieces (batch_id, succeeded, start, bytes, blob) VALUES (@id, @succeeded, @start, @Bytes, @Blob)",
                    new { id, succeeded, start, piece.Bytes, piece.Blob }, transaction);
            }
        }

        await connection.ExecuteEachAsync(
            """
            INSERT INTO batch_lines (batch_id, line, sequence, succeeded, start, length, endpoint, model, node_id, input_tokens, output_tokens, cached_tokens)
            VALUES (@BatchId, @Line, @Sequence, @Succeeded, @Start, @Length, @Endpoint, @Model, @NodeId, @InputTokens, @OutputTokens, @CachedTokens)
            """,
            Rows(id, results, first, outputStart, errorStart), transaction);
        await UsageLedger.AppendAsync(connection, transaction, [Posting(id, first, results, at)]);
        return true;
    }

    private static IEnumerable<LineRow> Rows(string id, IReadOnlyList<LineResult> results, int sequence, long outputStart, long errorStart)
    {
        foreach (var result in results)
        {
            var row = new LineRow
            {
                BatchId = id,
                Line = result.Line,
                Sequence = sequence++,
                Succeeded = result.Succeeded ? 1 : 0,
                Start = result.Succeeded ? outputStart : errorStart,
                Length = result.Json.Length,
                Endpoint = result.Endpoint,
                Model = result.Model,
                NodeId = result.NodeId,
                InputTokens = result.Usage.InputTokens,
                OutputTokens = result.Usage.OutputTokens,
                CachedTokens = result.Usage.CachedTokens,
            };
            outputStart += result.Succeeded ? row.Length : 0;
            errorStart += result.Succeeded ? 0 : row.Length;
            yield return row;
        }
    }

    /// <summary>One posting for the group: it is recorded with its lines, or not at all, and the ledger grows with the groups and not with the lines.</summary>
    private static UsagePosting Posting(string id, int first, IReadOnlyList<LineResult> results, DateTimeOffset at) => new()
    {
        Id = FormattableString.Invariant($"{id}/{first}"),
        BatchId = id,
        Rows = [.. results.SelectMany(static result => result.Charges).Select(entry => UsageRow.Of(entry, at)).GroupBy(LedgerRow.KeyOf).Select(static rows => LedgerRow.Sum(rows).ToUsage())],
    };

    private async ValueTask<Piece> PieceAsync(IReadOnlyList<LineResult> results, bool succeeded, CancellationToken cancellation)
    {
        var bytes = new byte[results.Where(result => result.Succeeded == succeeded).Sum(static result => result.Json.Length)];
        var at = 0;
        foreach (var result in results)
        {
            if (result.Succeeded == succeeded)
            {
                result.Json.CopyTo(bytes.AsMemory(at));
                at += result.Json.Length;
            }
        }

        return bytes.Length <= MaxInline ? new Piece(bytes.Length, bytes, null) : new Piece(bytes.Length, null, await blobs.PutAsync(bytes, cancellation));
    }

    private async ValueTask<ReadOnlyMemory<byte>> LoadAsync(string name, CancellationToken cancellation)
    {
        await using var stream = await blobs.OpenAsync(name, cancellation);
        if (stream is null)
        {
            throw new StorageException(
                $"The blob '{name}' with results of a batch is not in the blob store any more.",
                new Fault(FaultKind.Unavailable, "storage_unavailable", "Some results of this batch cannot be read now."));
        }

        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private async ValueTask DeleteBlobsAsync(IEnumerable<string?> names)
    {
        foreach (var name in names)
        {
            if (name is not null)
            {
                await blobs.DeleteAsync(name, CancellationToken.None);
            }
        }
    }

    private sealed record Piece(long Length, byte[]? Bytes, string? Blob);

    private sealed class SumRow
    {
        public int Recorded { get; init; }
        public long OutputBytes { get; init; }
        public long ErrorBytes { get; init; }
    }

    private sealed class PieceRow
    {
        public int Succeeded { get; init; }
        public long Start { get; init; }
        public byte[]? Bytes { get; init; }
        public string? Blob { get; init; }
    }

    private sealed class LineRow
    {
        public string BatchId { get; init; } = "";
        public int Line { get; init; }
        public int Sequence { get; init; }
        public int Succeeded { get; init; }
        public long Start { get; init; }
        public int Length { get; init; }
        public string Endpoint { get; init; } = "";
        public string Model { get; init; } = "";
        public string NodeId { get; init; } = "";
        public long InputTokens { get; init; }
        public long OutputTokens { get; init; }
        public long CachedTokens { get; init; }
    }
}
