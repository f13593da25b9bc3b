using Dapper;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlSubcloudStore(SqlDatabase database) : ISubcloudStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Subcloud>> ListAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<Subcloud>>(async connection => [.. (await connection.QueryAsync<Row>(
            """
            SELECT name AS Name, description AS Description, join_policy AS JoinPolicy, models AS Models, region AS Region, min_memory_bytes AS MinMemoryBytes,
                   isolate AS Isolate, is_public AS IsPublic, features AS Features, created_at AS CreatedAt
            FROM subclouds ORDER BY name
            """)).Select(static row => row.ToSubcloud())], cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(Subcloud subcloud, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            INSERT INTO subclouds (name, description, join_policy, models, region, min_memory_bytes, isolate, is_public, features, created_at)
            VALUES (@Name, @Description, @JoinPolicy, @Models, @Region, @MinMemoryBytes, @Isolate, @IsPublic, @Features, @CreatedAt)
            ON CONFLICT (name) DO NOTHING
            """, Row.Of(subcloud), transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> UpdateAsync(Subcloud subcloud, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            UPDATE subclouds SET description = @Description, join_policy = @JoinPolicy, models = @Models, region = @Region,
                                 min_memory_bytes = @MinMemoryBytes, isolate = @Isolate, is_public = @IsPublic, features = @Features
            WHERE name = @Name
            """, Row.Of(subcloud), transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            // A token must not let nodes into another subcloud that is given this name later.
            await connection.ExecuteAsync("DELETE FROM join_tokens WHERE subcloud = @name", new { name }, transaction);
            return await connection.ExecuteAsync("DELETE FROM subclouds WHERE name = @name", new { name }, transaction) == 1;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SubcloudMember>> ListMembersAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<SubcloudMember>>(async connection => [.. (await connection.QueryAsync<MemberRow>(
            "SELECT subcloud AS Subcloud, node_id AS NodeId, is_pending AS IsPending, origin AS Origin, since AS Since FROM subcloud_members ORDER BY since, node_id"))
            .Select(static row => row.ToMember())], cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> PutMemberAsync(SubcloudMember member, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            INSERT INTO subcloud_members (subcloud, node_id, is_pending, origin, since)
            SELECT s.name, n.id, @IsPending, @Origin, @Since FROM subclouds s JOIN nodes n ON n.id = @NodeId WHERE s.name = @Subcloud
            ON CONFLICT (subcloud, node_id) DO UPDATE SET is_pending = excluded.is_pending, origin = excluded.origin
            """,
            new { member.Subcloud, member.NodeId, IsPending = member.IsPending ? 1 : 0, Origin = member.Origin.ToString(), Since = member.Since.ToColumn() },
            transaction) == 1, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveMemberAsync(string subcloud, string nodeId, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            "DELETE FROM subcloud_members WHERE subcloud = @subcloud AND node_id = @nodeId", new { subcloud, nodeId }, transaction) == 1, cancellation);

    private sealed class Row
    {
        public string Name { get; init; } = "";
        public string Description { get; init; } = "";
        public string JoinPolicy { get; init; } = "";
        public string? Models { get; init; }
        public string? Region { get; init; }
        public long MinMemoryBytes { get; init; }
        public long Isolate { get; init; }
        public long IsPublic { get; init; }
        public string Features { get; init; } = "";
        public long CreatedAt { get; init; }

        public static Row Of(Subcloud subcloud) => new()
        {
            Name = subcloud.Name,
            Description = subcloud.Description,
            JoinPolicy = subcloud.Join.ToString(),
            Models = subcloud.Models.ToColumn(),
            Region = subcloud.Region,
            MinMemoryBytes = subcloud.MinMemoryBytes,
            Isolate = subcloud.Isolate ? 1 : 0,
            IsPublic = subcloud.IsPublic ? 1 : 0,
            Features = subcloud.Features.ToColumn()!,
            CreatedAt = subcloud.CreatedAt.ToColumn(),
        };

        public Subcloud ToSubcloud() => new()
        {
            Name = Name,
            Description = Description,
            Join = Enum.Parse<Serving.Subclouds.JoinPolicy>(JoinPolicy),
            Models = Models.ToList(),
            Region = Region,
            MinMemoryBytes = MinMemoryBytes,
            Isolate = Isolate != 0,
            IsPublic = IsPublic != 0,
            Features = Features.ToList() ?? [],
            CreatedAt = CreatedAt.ToTime(),
        };
    }

    private sealed class MemberRow
    {
        public string Subcloud { get; init; } = "";
        public string NodeId { get; init; } = "";
        public long IsPending { get; init; }
        public string Origin { get; init; } = "";
        public long Since { get; init; }

        public SubcloudMember ToMember() => new(Subcloud, NodeId, IsPending != 0, Enum.Parse<MemberOrigin>(Origin), Since.ToTime());
    }
}
