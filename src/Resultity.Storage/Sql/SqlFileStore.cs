using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlFileStore(SqlDatabase database, IBlobStore blobs) : IFileStore
{
    private const string Lives = "(expires_at IS NULL OR expires_at > @now)";

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(StoredFile file, long mostBytes, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => AddAsync(connection, transaction, file, mostBytes), cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredFile?> GetAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation) =>
        database.ReadAsync(async connection => (await connection.QuerySingleOrDefaultAsync<FileRow>(
            $"{FileRow.Select} WHERE id = @id AND namespace = @namespace AND {Lives}", new { id, @namespace, now = now.ToColumn() }))?.ToFile(), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<StoredFile>> ListAsync(FileFilter filter, DateTimeOffset now, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "namespace = @Namespace");
            sql.AddIf(filter.Purpose is not null, "purpose = @Purpose");
            sql.AddIf(true, Lives);
            sql.AddPage("sort_key", filter.Page);
            var rows = (await connection.QueryAsync<FileRow>(FileRow.Select + sql, new
            {
                filter.Namespace,
                filter.Purpose,
                now = now.ToColumn(),
                after = filter.Page.After?.ToSortKey(),
                limit = filter.Page.Limit + 1L,
            })).AsList();
            return rows.ToPage(filter.Page, static row => row.ToFile());
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync(async (connection, transaction) => await DropAsync(
            connection, transaction, (await connection.QueryAsync<string>(
                "SELECT id FROM files WHERE id = @id AND namespace = @namespace", new { id, @namespace }, transaction)).AsList()), cancellation);
        await DeleteBlobsAsync(dropped);
        return count == 1;
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync(async (connection, transaction) => await DropAsync(
            connection, transaction, (await connection.QueryAsync<string>(
                "SELECT id FROM files WHERE expires_at <= @now ORDER BY expires_at LIMIT @limit", new { now = now.ToColumn(), limit }, transaction)).AsList()), cancellation);
        await DeleteBlobsAsync(dropped);
        return count;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlySet<string>>(async connection => (await connection.QueryAsync<string>(
            "SELECT blob FROM files WHERE blob IN @names", new { names })).ToHashSet(StringComparer.Ordinal), cancellation);

    /// <summary>Adds a file within a larger write.</summary>
    internal static async Task<bool> AddAsync(DbConnection connection, DbTransaction transaction, StoredFile file, long mostBytes)
    {
        var kept = await connection.ExecuteScalarAsync<long>(
            "SELECT COALESCE(SUM(bytes), 0) FROM files WHERE namespace = @Namespace", new { file.Namespace }, transaction);
        if (kept + file.Bytes > mostBytes)
        {
            return false;
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO files (id, sort_key, namespace, name, purpose, bytes, created_at, expires_at, blob)
            VALUES (@Id, @SortKey, @Namespace, @Name, @Purpose, @Bytes, @CreatedAt, @ExpiresAt, @Blob)
            """,
            new
            {
                file.Id,
                SortKey = file.Id.ToSortKey(),
                file.Namespace,
                file.Name,
                file.Purpose,
                file.Bytes,
                CreatedAt = file.CreatedAt.ToColumn(),
                ExpiresAt = file.ExpiresAt.ToColumn(),
                file.Blob,
            },
            transaction);
        return true;
    }

    private static async Task<(int Count, List<string> Blobs)> DropAsync(DbConnection connection, DbTransaction transaction, List<string> ids)
    {
        if (ids.Count == 0)
        {
            return (0, []);
        }

        // A batch that reads the file keeps its bytes until it ends.
        var blobs = (await connection.QueryAsync<string>(
            "SELECT blob FROM files f WHERE id IN @ids AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.input_blob = f.blob AND b.finished_at IS NULL)",
            new { ids }, transaction)).AsList();
        await connection.ExecuteAsync("DELETE FROM files WHERE id IN @ids", new { ids }, transaction);
        return (ids.Count, blobs);
    }

    private async ValueTask DeleteBlobsAsync(List<string> names)
    {
        foreach (var name in names)
        {
            await blobs.DeleteAsync(name, CancellationToken.None);
        }
    }

    private sealed class FileRow
    {
        public const string Select = """
            SELECT id AS Id, namespace AS Namespace, name AS Name, purpose AS Purpose, bytes AS Bytes, created_at AS CreatedAt, expires_at AS ExpiresAt, blob AS Blob
            FROM files
            """;

        public string Id { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string Name { get; init; } = "";
        public string Purpose { get; init; } = "";
        public long Bytes { get; init; }
        public long CreatedAt { get; init; }
        public long? ExpiresAt { get; init; }
        public string Blob { get; init; } = "";

        public StoredFile ToFile() => new()
        {
            Id = Id,
            Namespace = Namespace,
            Name = Name,
            Purpose = Purpose,
            Bytes = Bytes,
            CreatedAt = CreatedAt.ToTime(),
            ExpiresAt = ExpiresAt.ToTime(),
            Blob = Blob,
        };
    }
}
