using System.Text.Json;
using Dapper;
using Resultity.Serving.Sharding;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlShardStore(SqlDatabase database) : IShardStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ShardWish>> ListAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<ShardWish>>(async connection =>
            [.. (await connection.QueryAsync<string>("SELECT wish FROM shard_wishes ORDER BY model")).Select(static json => JsonSerializer.Deserialize(json, ShardWishJson.Default.ShardWish)!)], cancellation);

    /// <inheritdoc/>
    public async ValueTask PutAsync(ShardWish wish, DateTimeOffset at, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO shard_wishes (model, wish, changed_at) VALUES (@Model, @Wish, @At)
            ON CONFLICT (model) DO UPDATE SET wish = excluded.wish, changed_at = excluded.changed_at
            """,
            new { wish.Model, Wish = JsonSerializer.Serialize(wish, ShardWishJson.Default.ShardWish), At = at.ToColumn() },
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string model, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            "DELETE FROM shard_wishes WHERE model = @model", new { model }, transaction) == 1, cancellation);
}
