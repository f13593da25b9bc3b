using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlMultimodelStore(SqlDatabase database) : IMultimodelStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredMultimodel>> ListAsync(CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<StoredMultimodel>>(
            async connection =>
            [
                .. (await connection.QueryAsync<Row>("SELECT name AS Name, spec AS Spec, created_at AS CreatedAt FROM multimodels ORDER BY name"))
                    .Select(static row => new StoredMultimodel(row.Name, row.Spec, row.CreatedAt.ToTime())),
            ],
            cancellation);

    /// <inheritdoc/>
    public async ValueTask PutAsync(StoredMultimodel multimodel, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO multimodels (name, spec, created_at) VALUES (@Name, @Spec, @CreatedAt)
            ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, created_at = excluded.created_at
            """,
            new { multimodel.Name, multimodel.Spec, CreatedAt = multimodel.CreatedAt.ToColumn() },
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) => await connection.ExecuteAsync(
            "DELETE FROM multimodels WHERE name = @name", new { name }, transaction) == 1, cancellation);

    private sealed class Row
    {
        public string Name { get; init; } = "";
        public string Spec { get; init; } = "";
        public long CreatedAt { get; init; }
    }
}
