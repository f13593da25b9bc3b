using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlUploadStore(SqlDatabase database, IBlobStore blobs) : IUploadStore
{
    /// <summary>How long an upload that has ended can still be looked at.</summary>
    private static readonly TimeSpan Afterlife = TimeSpan.FromDays(1);

    private const string Pending = "status = 'pending' AND expires_at > @now";

    /// <inheritdoc/>
    public async ValueTask AddAsync(StoredUpload upload, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO uploads (id, namespace, name, purpose, bytes, created_at, expires_at, file_lifetime, status, delete_at)
            VALUES (@Id, @Namespace, @Name, @Purpose, @Bytes, @CreatedAt, @ExpiresAt, @FileLifetime, 'pending', @DeleteAt)
            """,
            new
            {
                upload.Id,
                upload.Namespace,
                upload.Name,
                upload.Purpose,
                upload.Bytes,
                CreatedAt = upload.CreatedAt.ToColumn(),
                ExpiresAt = upload.ExpiresAt.ToColumn(),
                FileLifetime = (long?)upload.FileLifetime?.TotalMilliseconds,
                DeleteAt = (upload.ExpiresAt + Afterlife).ToColumn(),
            },
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredUpload?> GetAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetAsync(connection, null, @namespace, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AddPartAsync(UploadPart part, long mostBytes, DateTimeOffset now, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            $"""
            INSERT INTO upload_parts (id, upload_id, bytes, blob, created_at)
            SELECT @Id, id, @Bytes, @Blob, @CreatedAt FROM uploads
            WHERE id = @UploadId AND {Pending} AND (SELECT COALESCE(SUM(bytes), 0) FROM upload_parts WHERE upload_id = @UploadId) + @Bytes <= @mostBytes
            """,
            new { part.Id, part.UploadId, part.Bytes, part.Blob, CreatedAt = part.CreatedAt.ToColumn(), mostBytes, now = now.ToColumn() }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<UploadPart>> PartsAsync(string id, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<UploadPart>>(async connection =>
        [
            .. (await connection.QueryAsync<PartRow>(
                "SELECT id AS Id, upload_id AS UploadId, bytes AS Bytes, blob AS Blob, created_at AS CreatedAt FROM upload_parts WHERE upload_id = @id", new { id }))
                .Select(static row => new UploadPart(row.Id, row.UploadId, row.Bytes, row.Blob, row.CreatedAt.ToTime())),
        ], cancellation);

    /// <inheritdoc/>
    public async ValueTask<StoredUpload?> CompleteAsync(string id, StoredFile file, long mostBytes, DateTimeOffset now, CancellationToken cancellation)
    {
        var (upload, dropped) = await database.WriteAsync<(StoredUpload?, List<string>)>(async (connection, transaction) =>
        {
            // The file first: if it is too much, nothing has been changed.
            if (await GetAsync(connection, transaction, file.Namespace, id) is not { } found || found.StatusAt(now) != UploadStatus.Pending
                || !await SqlFileStore.AddAsync(connection, transaction, file, mostBytes))
            {
                return (null, []);
            }

            await connection.ExecuteAsync("UPDATE uploads SET status = 'completed', file_id = @fileId WHERE id = @id", new { id, fileId = file.Id }, transaction);
            return (found with { Status = UploadStatus.Completed, FileId = file.Id }, await DropPartsAsync(connection, transaction, [id]));
        }, cancellation);
        await DeleteBlobsAsync(dropped);
        return upload;
    }

    /// <inheritdoc/>
    public async ValueTask<StoredUpload?> CancelAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation)
    {
        var (upload, dropped) = await database.WriteAsync<(StoredUpload?, List<string>)>(async (connection, transaction) =>
        {
            var cancelled = await connection.ExecuteAsync(
                $"UPDATE uploads SET status = 'cancelled' WHERE id = @id AND namespace = @namespace AND {Pending}",
                new { id, @namespace, now = now.ToColumn() }, transaction) == 1;
            return (await GetAsync(connection, transaction, @namespace, id), cancelled ? await DropPartsAsync(connection, transaction, [id]) : []);
        }, cancellation);
        await DeleteBlobsAsync(dropped);
        return upload;
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync<(int, List<string>)>(async (connection, transaction) =>
        {
            var at = new { now = now.ToColumn(), limit };
            var ended = (await connection.QueryAsync<string>(
                "SELECT id FROM uploads WHERE status = 'pending' AND expires_at <= @now ORDER BY expires_at LIMIT @limit", at, transaction)).AsList();
            await connection.ExecuteAsync("UPDATE uploads SET status = 'expired' WHERE id IN @ended", new { ended }, transaction);
            var old = (await connection.QueryAsync<string>("SELECT id FROM uploads WHERE delete_at <= @now ORDER BY delete_at LIMIT @limit", at, transaction)).AsList();
            var names = await DropPartsAsync(connection, transaction, [.. ended, .. old]);
            await connection.ExecuteAsync("DELETE FROM uploads WHERE id IN @old", new { old }, transaction);
            return (Math.Max(ended.Count, old.Count), names);
        }, cancellation);
        await DeleteBlobsAsync(dropped);
        return count;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlySet<string>>(async connection => (await connection.QueryAsync<string>(
            "SELECT blob FROM upload_parts WHERE blob IN @names", new { names })).ToHashSet(StringComparer.Ordinal), cancellation);

    private static async Task<StoredUpload?> GetAsync(DbConnection connection, DbTransaction? transaction, string @namespace, string id) =>
        (await connection.QuerySingleOrDefaultAsync<UploadRow>(
            """
            SELECT id AS Id, namespace AS Namespace, name AS Name, purpose AS Purpose, bytes AS Bytes, created_at AS CreatedAt, expires_at AS ExpiresAt,
                   file_lifetime AS FileLifetime, status AS Status, file_id AS FileId
            FROM uploads WHERE id = @id AND namespace = @namespace
            """,
            new { id, @namespace }, transaction))?.ToUpload();

    private static async Task<List<string>> DropPartsAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<string> ids)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var names = (await connection.QueryAsync<string>("SELECT blob FROM upload_parts WHERE upload_id IN @ids", new { ids }, transaction)).AsList();
        await connection.ExecuteAsync("DELETE FROM upload_parts WHERE upload_id IN @ids", new { ids }, transaction);
        return names;
    }

    private async ValueTask DeleteBlobsAsync(List<string> names)
    {
        foreach (var name in names)
        {
            await blobs.DeleteAsync(name, CancellationToken.None);
        }
    }

    private sealed class PartRow
    {
        public string Id { get; init; } = "";
        public string UploadId { get; init; } = "";
        public long Bytes { get; init; }
        public string Blob { get; init; } = "";
        public long CreatedAt { get; init; }
    }

    private sealed class UploadRow
    {
        public string Id { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string Name { get; init; } = "";
        public string Purpose { get; init; } = "";
        public long Bytes { get; init; }
        public long CreatedAt { get; init; }
        public long ExpiresAt { get; init; }
        public long? FileLifetime { get; init; }
        public string Status { get; init; } = "";
        public string? FileId { get; init; }

        public StoredUpload ToUpload() => new()
        {
            Id = Id,
            Namespace = Namespace,
            Name = Name,
            Purpose = Purpose,
            Bytes = Bytes,
            CreatedAt = CreatedAt.ToTime(),
            ExpiresAt = ExpiresAt.ToTime(),
            FileLifetime = FileLifetime is { } lifetime ? TimeSpan.FromMilliseconds(lifetime) : null,
            Status = Enum.Parse<UploadStatus>(Status, ignoreCase: true),
            FileId = FileId,
        };
    }
}
