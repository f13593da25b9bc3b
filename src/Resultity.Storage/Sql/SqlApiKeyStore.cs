using System.Data.Common;
using Dapper;
using Resultity.Serving.Admission;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlApiKeyStore(SqlDatabase database) : IApiKeyStore
{
    private const string Columns = """
        k.id AS Id, k.name AS Name, k.namespace AS Namespace, k.scopes AS Scopes, k.requests_per_minute AS RequestsPerMinute,
               k.tokens_per_minute AS TokensPerMinute, k.weight AS Weight, k.allowed_models AS AllowedModels, k.subcloud AS Subcloud, k.created_at AS CreatedAt,
               k.expires_at AS ExpiresAt, k.last_used_at AS LastUsedAt, k.revoked_at AS RevokedAt
        """;

    private const string Select = $"SELECT {Columns} FROM api_keys k";

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(ApiKey key, string secretHash, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM api_key_secrets WHERE hash = @secretHash", new { secretHash }, transaction) > 0)
            {
                return false;
            }

            await connection.ExecuteAsync(
                """
                INSERT INTO api_keys (id, sort_key, name, namespace, scopes, requests_per_minute, tokens_per_minute, weight, allowed_models, subcloud,
                                      created_at, expires_at, last_used_at, revoked_at)
                VALUES (@Id, @SortKey, @Name, @Namespace, @Scopes, @RequestsPerMinute, @TokensPerMinute, @Weight, @AllowedModels, @Subcloud,
                        @CreatedAt, @ExpiresAt, @LastUsedAt, @RevokedAt)
                """,
                new
                {
                    key.Id,
                    SortKey = key.Id.ToSortKey(),
                    key.Name,
                    key.Namespace,
                    Scopes = key.Scopes.ToColumn(),
                    key.Limits.RequestsPerMinute,
                    key.Limits.TokensPerMinute,
                    key.Weight,
                    AllowedModels = key.AllowedModels.ToColumn(),
                    key.Subcloud,
                    CreatedAt = key.CreatedAt.ToColumn(),
                    ExpiresAt = key.ExpiresAt.ToColumn(),
                    LastUsedAt = key.LastUsedAt.ToColumn(),
                    RevokedAt = key.RevokedAt.ToColumn(),
                },
                transaction);
            await AddSecretAsync(connection, transaction, key.Id, secretHash);
            return true;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<ApiKey?> FindAsync(string secretHash, DateTimeOffset now, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
            (await connection.QuerySingleOrDefaultAsync<Row>(
                Select + " JOIN api_key_secrets s ON s.key_id = k.id WHERE s.hash = @secretHash AND (s.valid_until IS NULL OR s.valid_until > @now)",
                new { secretHash, now = now.ToColumn() }))?.ToKey(), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeySecret>> LoadValidAsync(DateTimeOffset now, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<KeySecret>>(async connection => [.. (await connection.QueryAsync<SecretRow>(
            $"""
            SELECT s.hash AS Hash, s.valid_until AS ValidUntil, {Columns}
            FROM api_key_secrets s JOIN api_keys k ON k.id = s.key_id
            WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > @now) AND (s.valid_until IS NULL OR s.valid_until > @now)
            ORDER BY k.sort_key
            """,
            new { now = now.ToColumn() })).Select(static row => new KeySecret(row.Hash, row.ValidUntil.ToTime(), row.ToKey()))], cancellation);

    /// <inheritdoc/>
    public ValueTask<ApiKey?> GetAsync(string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetAsync(connection, null, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<ApiKey>> ListAsync(string? @namespace, PageQuery page, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var filter = new SqlFilter();
            filter.AddIf(@namespace is not null, "k.namespace = @namespace");
            filter.AddPage("k.sort_key", page);
            var rows = (await connection.QueryAsync<Row>(Select + filter, new { @namespace, after = page.After?.ToSortKey(), limit = page.Limit + 1L })).AsList();
            return rows.ToPage(page, static row => row.ToKey());
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "UPDATE api_keys SET revoked_at = @at WHERE id = @id AND revoked_at IS NULL", new { id, at = at.ToColumn() }, transaction);
            return await GetAsync(connection, transaction, id);
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<ApiKey?> RotateAsync(string id, string newSecretHash, DateTimeOffset oldValidUntil, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            var key = await GetAsync(connection, transaction, id);
            if (key is null || key.RevokedAt is not null)
            {
                return null;
            }

            await connection.ExecuteAsync(
                "UPDATE api_key_secrets SET valid_until = @until WHERE key_id = @id AND (valid_until IS NULL OR valid_until > @until)",
                new { id, until = oldValidUntil.ToColumn() }, transaction);
            await AddSecretAsync(connection, transaction, id, newSecretHash);
            return key;
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask TouchAsync(IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> lastUsed, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "UPDATE api_keys SET last_used_at = @at WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @at)",
            lastUsed.Select(pair => new { id = pair.Key, at = pair.Value.ToColumn() }), transaction), cancellation);

    private static async Task<ApiKey?> GetAsync(DbConnection connection, DbTransaction? transaction, string id) =>
        (await connection.QuerySingleOrDefaultAsync<Row>(Select + " WHERE k.id = @id", new { id }, transaction))?.ToKey();

    private static Task<int> AddSecretAsync(DbConnection connection, DbTransaction transaction, string keyId, string hash) =>
        connection.ExecuteAsync("INSERT INTO api_key_secrets (hash, key_id) VALUES (@hash, @keyId)", new { hash, keyId }, transaction);

    private sealed class SecretRow : Row
    {
        public string Hash { get; init; } = "";
        public long? ValidUntil { get; init; }
    }

    private class Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string Scopes { get; init; } = "";
        public int RequestsPerMinute { get; init; }
        public int TokensPerMinute { get; init; }
        public double Weight { get; init; }
        public string? AllowedModels { get; init; }
        public string? Subcloud { get; init; }
        public long CreatedAt { get; init; }
        public long? ExpiresAt { get; init; }
        public long? LastUsedAt { get; init; }
        public long? RevokedAt { get; init; }

        public ApiKey ToKey() => new()
        {
            Id = Id,
            Name = Name,
            Namespace = Namespace,
            Scopes = Scopes.ToList() ?? [],
            Limits = new RateLimits(RequestsPerMinute, TokensPerMinute),
            Weight = Weight,
            AllowedModels = AllowedModels.ToList(),
            Subcloud = Subcloud,
            CreatedAt = CreatedAt.ToTime(),
            ExpiresAt = ExpiresAt.ToTime(),
            LastUsedAt = LastUsedAt.ToTime(),
            RevokedAt = RevokedAt.ToTime(),
        };
    }
}
