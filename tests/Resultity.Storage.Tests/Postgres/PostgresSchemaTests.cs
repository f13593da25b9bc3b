using Dapper;
using Resultity.Storage.Sql;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

/// <summary>The two engines' migrations make the same tables.</summary>
public sealed class PostgresSchemaTests(PostgresFixture server) : IAsyncDisposable
{
    /// <summary>What only a database that gateways share needs.</summary>
    private static readonly string[] OfGatewaysOnly = ["gateway_identity", "gateways"];

    private readonly TestStorage _postgres = TestStorage.Postgres(server);
    private readonly TestStorage _sqlite = TestStorage.Sqlite();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_table_and_column_of_SQLite_is_in_PostgreSQL_and_the_other_way_round()
    {
        var sqlite = await QueryAsync(_sqlite, """
            SELECT t.name || '.' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND lower(t.name) <> 'schemaversions'
            """);
        var postgres = await QueryAsync(_postgres, """
            SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schemaversions'
            """);
        Assert.Equal(sqlite, postgres.Where(column => !OfGatewaysOnly.Contains(column[..column.IndexOf('.', StringComparison.Ordinal)])));
    }

    [Fact]
    public async Task Every_text_of_PostgreSQL_compares_byte_by_byte() =>
        Assert.Empty(await QueryAsync(_postgres, """
            SELECT table_name || '.' || column_name || ' needs COLLATE "C"' FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name <> 'schemaversions' AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'
            """));

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        await _sqlite.DisposeAsync();
    }

    private static async Task<List<string>> QueryAsync(TestStorage storage, string sql) =>
        [.. (await storage.Get<SqlDatabase>().ReadAsync(connection => connection.QueryAsync<string>(sql), Cancellation)).Order(StringComparer.Ordinal)];
}
