using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlResponseStore(SqlDatabase database) : IResponseStore
{
    /// <inheritdoc/>
    public async ValueTask PutAsync(StoredResponse response, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO responses (id, namespace, created_at, expires_at, object, input_items)
            VALUES (@Id, @Namespace, @CreatedAt, @ExpiresAt, @Object, @InputItems)
            ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, object = excluded.object, input_items = excluded.input_items
            WHERE responses.namespace = excluded.namespace
            """,
            new
            {
                response.Id,
                response.Namespace,
                CreatedAt = response.CreatedAt.ToColumn(),
                ExpiresAt = response.ExpiresAt.ToColumn(),
                Object = response.Object.ToArray(),
                InputItems = response.InputItems.ToArray(),
            },
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredResponse?> GetAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation) =>
        database.ReadAsync(async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT id AS Id, namespace AS Namespace, created_at AS CreatedAt, expires_at AS ExpiresAt, object AS Object, input_items AS InputItems
            FROM responses WHERE id = @id AND namespace = @namespace AND (expires_at IS NULL OR expires_at > @now)
            """,
            new { id, @namespace, now = now.ToColumn() }))?.ToResponse(), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            "DELETE FROM responses WHERE id = @id AND namespace = @namespace", new { id, @namespace }, transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "DELETE FROM responses WHERE id IN (SELECT id FROM responses WHERE expires_at <= @now ORDER BY expires_at LIMIT @limit)",
            new { now = now.ToColumn(), limit }, transaction), cancellation);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Namespace { get; init; } = "";
        public long CreatedAt { get; init; }
        public long? ExpiresAt { get; init; }
        public byte[] Object { get; init; } = [];
        public byte[] InputItems { get; init; } = [];

        public StoredResponse ToResponse() => new()
        {
            Id = Id,
            Namespace = Namespace,
            CreatedAt = CreatedAt.ToTime(),
            ExpiresAt = ExpiresAt.ToTime(),
            Object = Object,
            InputItems = InputItems,
        };
    }
}
