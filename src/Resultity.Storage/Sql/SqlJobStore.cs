using System.Data.Common;
using Dapper;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;
using Resultity.Storage.Blobs;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed partial class SqlJobStore(SqlDatabase database, IBlobStore blobs) : IJobStore
{
    private readonly JobPayloads _payloads = new(blobs);

    /// <inheritdoc/>
    public async ValueTask AddAsync(Job job, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var row = JobRow.Of(job);
        var payload = await _payloads.StoreAsync(body, cancellation);
        try
        {
            await database.WriteStatedAsync(async (connection, transaction) =>
            {
                await connection.ExecuteAsync(JobRow.Insert, row, transaction);
                return await connection.ExecuteAsync("INSERT INTO job_bodies (id, bytes, blob) VALUES (@Id, @Bytes, @Blob)", new { job.Id, payload.Bytes, payload.Blob }, transaction);
            }, cancellation);
        }
        catch (Exception exception) when (exception is not StorageException { IsOutcomeUnknown: true })
        {
            await _payloads.DeleteAsync([payload.Blob]);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Job?> GetAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetAsync(connection, null, @namespace, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<Job>> ListAsync(JobFilter filter, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "namespace = @Namespace");
            sql.AddIf(filter.Status is not null, "status = @status");
            sql.AddIf(filter.Endpoint is not null, "endpoint = @Endpoint");
            sql.AddIf(filter.Model is not null, "model = @Model");
            sql.AddPage("sort_key", filter.Page);
            var rows = (await connection.QueryAsync<JobRow>(JobRow.Select + sql, new
            {
                filter.Namespace,
                status = filter.Status?.Name(),
                filter.Endpoint,
                filter.Model,
                after = filter.Page.After?.ToSortKey(),
                limit = filter.Page.Limit + 1L,
            })).AsList();
            return rows.ToPage(filter.Page, static row => row.ToJob());
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> CountWaitingAsync(string @namespace, int atMost, CancellationToken cancellation) =>
        database.ReadAsync(connection => connection.ExecuteScalarAsync<int>(
            $"SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE {Unclaimed} AND namespace = @namespace LIMIT @atMost) waiting",
            new { @namespace, atMost }), cancellation);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(string id, CancellationToken cancellation)
    {
        const string Row = "SELECT bytes AS Bytes, blob AS Blob FROM job_bodies WHERE id = @id";
        return await ReadAsync(Row, new { id }, cancellation) is var (_, bytes) ? (ReadOnlyMemory<byte>?)bytes : null;
    }

    /// <inheritdoc/>
    public async ValueTask<JobAnswer?> ReadAnswerAsync(string @namespace, string id, CancellationToken cancellation)
    {
        const string Row = """
            SELECT a.content_type AS ContentType, a.bytes AS Bytes, a.blob AS Blob
            FROM job_answers a JOIN jobs j ON j.id = a.id WHERE a.id = @id AND j.namespace = @namespace
            """;
        return await ReadAsync(Row, new { id, @namespace }, cancellation) is var (payload, bytes) ? new JobAnswer(payload.ContentType, bytes) : null;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlySet<string>>(async connection => (await connection.QueryAsync<string>(
            "SELECT blob FROM job_bodies WHERE blob IN @names UNION ALL SELECT blob FROM job_answers WHERE blob IN @names",
            new { names })).ToHashSet(StringComparer.Ordinal), cancellation);

    /// <summary>Reads a payload. One whose row is there and whose blob is not was not deleted but lost, unless the row has gone meanwhile.</summary>
    private async ValueTask<(PayloadRow Row, ReadOnlyMemory<byte> Bytes)?> ReadAsync(string sql, object parameters, CancellationToken cancellation)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var row = await database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<PayloadRow>(sql, parameters), cancellation);
            if (row is null)
            {
                return null;
            }

            if (await _payloads.LoadAsync(row.ToPayload(), cancellation) is { } bytes)
            {
                return (row, bytes);
            }

            if (isSecond)
            {
                throw new StorageException($"The blob '{row.Blob}' of a request is not in the blob folder any more. Restore it from a backup; nothing else is affected.", BlobChecksums.DamagedFault);
            }
        }
    }

    private static async Task<Job?> GetAsync(DbConnection connection, DbTransaction? transaction, string @namespace, string id) =>
        (await connection.QuerySingleOrDefaultAsync<JobRow>(
            JobRow.Select + " WHERE id = @id AND namespace = @namespace", new { id, @namespace }, transaction))?.ToJob();

    private sealed class PayloadRow
    {
        public string ContentType { get; init; } = "";
        public byte[]? Bytes { get; init; }
        public string? Blob { get; init; }

        public JobPayloads.Payload ToPayload() => new(Bytes, Blob);
    }
}
