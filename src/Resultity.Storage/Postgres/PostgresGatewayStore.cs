using Dapper;
using Resultity.Serving.Stores;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <inheritdoc/>
internal sealed class PostgresGatewayStore(PostgresDatabase database) : IGatewayStore
{
    /// <inheritdoc/>
    public ValueTask<string> SettleIdentityAsync(string proposal, CancellationToken cancellation) =>
        database.WriteAloneAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync("INSERT INTO gateway_identity (only_row, id) VALUES (1, @proposal) ON CONFLICT DO NOTHING", new { proposal }, transaction);
            return await connection.QuerySingleAsync<string>("SELECT id FROM gateway_identity", transaction: transaction);
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask PutAsync(PeerGateway gateway, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "INSERT INTO gateways (id, models, seen_at) VALUES (@Id, @models, @seenAt) ON CONFLICT (id) DO UPDATE SET models = excluded.models, seen_at = excluded.seen_at",
            new { gateway.Id, models = gateway.Models.ToColumn(), seenAt = gateway.SeenAt.ToColumn() }, transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PeerGateway>> ListAsync(DateTimeOffset since, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<PeerGateway>>(async connection =>
            [.. (await connection.QueryAsync<Row>(
                "SELECT id AS Id, models AS Models, seen_at AS SeenAt FROM gateways WHERE seen_at >= @since ORDER BY id", new { since = since.ToColumn() }))
                .Select(static row => new PeerGateway(row.Id, row.Models.ToList() ?? [], row.SeenAt.ToTime()))], cancellation);

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Models { get; init; } = "";
        public long SeenAt { get; init; }
    }
}
