using Dapper;
using Resultity.Serving.Stores;
using Resultity.Storage.Postgres;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

/// <summary>The server goes away and comes back, or was never there.</summary>
public sealed class PostgresAwayTests(PostgresFixture shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_server_is_told_and_found_again_with_all_that_was_acknowledged()
    {
        _ = shared.Server;
        await using var server = await PostgresServer.StartAsync();
        await using var database = PostgresDatabase.Open(await server.CreateDatabaseAsync(), TimeProvider.System);
        await PostgresDatabaseTests.WriteAsync(database, "CREATE TABLE t (x INTEGER)");
        await PostgresDatabaseTests.WriteAsync(database, "INSERT INTO t VALUES (1)");
        await server.KillAsync();
        var write = await Assert.ThrowsAsync<StorageException>(() => PostgresDatabaseTests.WriteAsync(database, "INSERT INTO t VALUES (2)"));
        var read = await Assert.ThrowsAsync<StorageException>(() => CountAsync(database));
        foreach (var exception in (StorageException[])[write, read])
        {
            Assert.Equal("storage_unavailable", exception.Fault.Code);
            Assert.NotNull(exception.Fault.RetryAfter);
        }

        await server.RestartAsync();
        Assert.Equal(1, await CountAsync(database));
        await PostgresDatabaseTests.WriteAsync(database, "INSERT INTO t VALUES (3)");
        Assert.Equal(2, await CountAsync(database));
    }

    [Fact]
    public async Task A_server_that_restarts_between_two_writes_is_not_noticed()
    {
        _ = shared.Server;
        await using var server = await PostgresServer.StartAsync();
        await using var database = PostgresDatabase.Open(await server.CreateDatabaseAsync(), TimeProvider.System);
        await PostgresDatabaseTests.WriteAsync(database, "CREATE TABLE t (x INTEGER)");
        await server.KillAsync();
        await server.RestartAsync();
        await PostgresDatabaseTests.WriteAsync(database, "INSERT INTO t VALUES (1)");
        Assert.Equal(1, await CountAsync(database));
    }

    [Fact]
    public void A_server_that_is_not_there_says_so_without_the_password()
    {
        _ = shared.Server;
        var exception = Assert.Throws<StorageException>(() => PostgresDatabase.Open("postgres://me:secret@127.0.0.1:1/mine", TimeProvider.System));
        Assert.Contains("The database mine on 127.0.0.1:1 is not reachable", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_does_not_exist_says_so()
    {
        var exception = Assert.Throws<StorageException>(() => PostgresDatabase.Open(shared.Server.AddressOf("nowhere"), TimeProvider.System));
        Assert.Contains("has no database nowhere", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_acknowledges_before_it_is_durable_is_refused()
    {
        var address = shared.NewDatabase();
        await shared.Server.QueryAsync("postgres", $"ALTER DATABASE {address[(address.LastIndexOf('/') + 1)..]} SET synchronous_commit = off");
        Assert.Contains("synchronous_commit", Assert.Throws<StorageException>(() => PostgresDatabase.Open(address, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    private static async Task<long> CountAsync(PostgresDatabase database) =>
        await database.ReadAsync(connection => connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM t"), Cancellation);
}
