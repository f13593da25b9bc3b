using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlNodeStore(SqlDatabase database) : INodeStore
{
    private const string Select = """
        SELECT id AS Id, name AS Name, public_key AS PublicKey, enrolled_at AS EnrolledAt, revoked_at AS RevokedAt, last_seen_at AS LastSeenAt
        FROM nodes
        """;

    /// <inheritdoc/>
    public ValueTask<Enrolment> EnrolAsync(string tokenHash, EnrolledNode node, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            var now = node.EnrolledAt.ToColumn();
            var known = await GetAsync(connection, transaction, node.Id);
            if (known?.RevokedAt is not null)
            {
                return Enrolment.NodeRevoked;
            }

            var uses = known is null ? 1 : 0;
            var taken = await connection.ExecuteAsync(
                """
                UPDATE join_tokens SET uses_left = uses_left - @uses
                WHERE hash = @tokenHash AND (uses_left IS NULL OR uses_left >= @uses) AND (expires_at IS NULL OR expires_at > @now)
                """,
                new { tokenHash, uses, now }, transaction);
            if (taken == 0)
            {
                return Enrolment.TokenRefused;
            }

            await connection.ExecuteAsync(
                """
                INSERT INTO nodes (id, name, public_key, enrolled_at) VALUES (@Id, @Name, @PublicKey, @EnrolledAt)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name
                """,
                new { node.Id, node.Name, PublicKey = node.PublicKey.ToArray(), EnrolledAt = now }, transaction);
            await connection.ExecuteAsync(
                """
                INSERT INTO subcloud_members (subcloud, node_id, is_pending, origin, since)
                SELECT s.name, @Id, 0, @origin, @now FROM join_tokens t JOIN subclouds s ON s.name = t.subcloud WHERE t.hash = @tokenHash
                ON CONFLICT (subcloud, node_id) DO UPDATE SET is_pending = 0, origin = excluded.origin
                """,
                new { node.Id, origin = nameof(MemberOrigin.Token), now, tokenHash }, transaction);
            return Enrolment.Enrolled;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<EnrolledNode?> GetAsync(string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetAsync(connection, null, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<EnrolledNode>> ListAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<EnrolledNode>>(async connection =>
            [.. (await connection.QueryAsync<Row>(Select + " ORDER BY enrolled_at, id")).Select(static row => row.ToNode())], cancellation);

    /// <inheritdoc/>
    public ValueTask<EnrolledNode?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "UPDATE nodes SET revoked_at = @at WHERE id = @id AND revoked_at IS NULL", new { id, at = at.ToColumn() }, transaction);
            return await GetAsync(connection, transaction, id);
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask TouchAsync(IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> lastSeen, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "UPDATE nodes SET last_seen_at = @at WHERE id = @id AND (last_seen_at IS NULL OR last_seen_at < @at)",
            lastSeen.Select(pair => new { id = pair.Key, at = pair.Value.ToColumn() }), transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AddJoinTokenAsync(JoinToken token, string tokenHash, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            INSERT INTO join_tokens (id, hash, name, subcloud, uses_left, created_at, expires_at)
            VALUES (@Id, @tokenHash, @Name, @Subcloud, @UsesLeft, @CreatedAt, @ExpiresAt)
            ON CONFLICT (hash) DO NOTHING
            """,
            new { token.Id, tokenHash, token.Name, token.Subcloud, token.UsesLeft, CreatedAt = token.CreatedAt.ToColumn(), ExpiresAt = token.ExpiresAt.ToColumn() },
            transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JoinToken>> ListJoinTokensAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<JoinToken>>(async connection =>
            [.. (await connection.QueryAsync<TokenRow>(
                "SELECT id AS Id, name AS Name, subcloud AS Subcloud, uses_left AS UsesLeft, created_at AS CreatedAt, expires_at AS ExpiresAt FROM join_tokens ORDER BY created_at, id"))
                .Select(static row => row.ToToken())], cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteJoinTokenAsync(string id, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
            await connection.ExecuteAsync("DELETE FROM join_tokens WHERE id = @id", new { id }, transaction) == 1, cancellation);

    private static async Task<EnrolledNode?> GetAsync(DbConnection connection, DbTransaction? transaction, string id) =>
        (await connection.QuerySingleOrDefaultAsync<Row>(Select + " WHERE id = @id", new { id }, transaction))?.ToNode();

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public byte[] PublicKey { get; init; } = [];
        public long EnrolledAt { get; init; }
        public long? RevokedAt { get; init; }
        public long? LastSeenAt { get; init; }

        public EnrolledNode ToNode() => new()
        {
            Id = Id,
            Name = Name,
            PublicKey = PublicKey,
            EnrolledAt = EnrolledAt.ToTime(),
            RevokedAt = RevokedAt.ToTime(),
            LastSeenAt = LastSeenAt.ToTime(),
        };
    }

    private sealed class TokenRow
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string? Subcloud { get; init; }
        public int? UsesLeft { get; init; }
        public long CreatedAt { get; init; }
        public long? ExpiresAt { get; init; }

        public JoinToken ToToken() => new()
        {
            Id = Id,
            Name = Name,
            Subcloud = Subcloud,
            UsesLeft = UsesLeft,
            CreatedAt = CreatedAt.ToTime(),
            ExpiresAt = ExpiresAt.ToTime(),
        };
    }
}
