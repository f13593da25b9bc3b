using System.Data.Common;
using Dapper;
using Npgsql;
using Resultity.Serving.Stores;
using Resultity.Storage.Postgres;
using Resultity.Storage.Tests.Conformance;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

/// <summary>Transactions on a real server: shared, repeated, and failing alone.</summary>
public sealed class PostgresDatabaseTests(PostgresFixture server) : IAsyncLifetime
{
    private readonly string _address = server.NewDatabase();
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _database = Open();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Writes_that_wait_share_a_commit()
    {
        await WriteAsync(_database, "CREATE TABLE t (x INTEGER)");
        var before = _database.Commits;
        var gate = new TaskCompletionSource();
        var blocker = HoldAsync(_database, gate);
        var writes = Enumerable.Range(0, 100).Select(_ => WriteAsync(_database, "INSERT INTO t VALUES (1)")).ToList();
        gate.SetResult();
        await blocker;
        await Task.WhenAll(writes);
        Assert.InRange(_database.Commits - before, 1, 2);
        Assert.Equal(100, await CountAsync(_database, "SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public async Task A_failing_write_fails_alone()
    {
        await WriteAsync(_database, "CREATE TABLE t (x INTEGER PRIMARY KEY)");
        var gate = new TaskCompletionSource();
        var blocker = HoldAsync(_database, gate);
        var good = WriteAsync(_database, "INSERT INTO t VALUES (1)");
        var bad = WriteAsync(_database, "INSERT INTO t VALUES (1)");
        var other = WriteAsync(_database, "INSERT INTO t VALUES (2)");
        gate.SetResult();
        await Task.WhenAll(blocker, good, other);
        await Assert.ThrowsAsync<PostgresException>(() => bad);
        Assert.Equal(2, await CountAsync(_database, "SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public async Task Two_gateways_that_read_and_change_the_same_row_lose_nothing()
    {
        await using var other = Open();
        await WriteAsync(_database, "CREATE TABLE t (x BIGINT)");
        await WriteAsync(_database, "INSERT INTO t VALUES (0)");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? _database : other).WriteAsync(async (connection, transaction) =>
        {
            var read = await connection.QuerySingleAsync<long>("SELECT x FROM t", transaction: transaction);
            return await connection.ExecuteAsync("UPDATE t SET x = @next", new { next = read + 1 }, transaction);
        }, Cancellation).AsTask()));
        Assert.Equal(40, await CountAsync(_database, "SELECT x FROM t"));
    }

    [Fact]
    public async Task Two_gateways_that_look_for_a_row_and_add_it_add_it_once()
    {
        await using var other = Open();
        await WriteAsync(_database, "CREATE TABLE t (x BIGINT PRIMARY KEY)");
        for (var x = 0; x < 10; x++)
        {
            var added = await Task.WhenAll(new[] { _database, other, _database, other }.Select(database => database.WriteAsync(async (connection, transaction) =>
                await connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM t WHERE x = @x", new { x }, transaction) == 0
                && await connection.ExecuteAsync("INSERT INTO t VALUES (@x)", new { x }, transaction) == 1, Cancellation).AsTask()));
            Assert.Single(added, isAdded => isAdded);
        }
    }

    [Fact]
    public async Task Gateways_that_wait_for_each_other_in_a_circle_both_get_their_way()
    {
        await using var other = Open();
        await WriteAsync(_database, "CREATE TABLE t (id INTEGER PRIMARY KEY, x BIGINT)");
        await WriteAsync(_database, "INSERT INTO t VALUES (1, 0), (2, 0)");
        using var both = new Barrier(2);
        var isFirst = true;
        async Task<int> AddAsync(DbConnection connection, DbTransaction transaction, int first, int second)
        {
            await connection.ExecuteAsync("UPDATE t SET x = x + 1 WHERE id = @first", new { first }, transaction);
            if (Volatile.Read(ref isFirst))
            {
                await Task.Run(() => both.SignalAndWait(Cancellation), Cancellation);
                Volatile.Write(ref isFirst, false);
            }

            return await connection.ExecuteAsync("UPDATE t SET x = x + 1 WHERE id = @second", new { second }, transaction);
        }

        await Task.WhenAll(
            _database.WriteAsync((connection, transaction) => AddAsync(connection, transaction, 1, 2), Cancellation).AsTask(),
            other.WriteAsync((connection, transaction) => AddAsync(connection, transaction, 2, 1), Cancellation).AsTask());
        Assert.Equal(4, await CountAsync(_database, "SELECT SUM(x)::BIGINT FROM t"));
    }

    [Fact]
    public async Task Gateways_that_start_together_make_the_tables_once()
    {
        var address = server.NewDatabase();
        var databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => PostgresDatabase.Open(address, TimeProvider.System))));
        Assert.Equal(0, await CountAsync(databases[3], "SELECT COUNT(*) FROM jobs"));
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        var job = JobStoreConformance.NewJob();
        await using (var first = TestStorage.PostgresOn(_address))
        {
            await first.Get<IJobStore>().AddAsync(job, "body"u8.ToArray(), Cancellation);
        }

        await using var again = TestStorage.PostgresOn(_address);
        Assert.Equal("body"u8.ToArray(), (await again.Get<IJobStore>().ReadBodyAsync(job.Id, Cancellation))!.Value.ToArray());
    }

    [Theory]
    [InlineData("53100", "storage_full", "has no room left")]
    [InlineData("XX001", "storage_damaged", "is damaged")]
    [InlineData("25006", "storage_unavailable", "can only be read")]
    [InlineData("57P01", "storage_unavailable", "is not available")]
    [InlineData("53300", "storage_unavailable", "no connection left")]
    public async Task What_the_server_says_of_itself_is_told_in_an_operators_words(string state, string code, string words)
    {
        var exception = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(_database, $"DO $$ BEGIN RAISE EXCEPTION 'says the server' USING ERRCODE = '{state}'; END $$"));
        Assert.Equal(code, exception.Fault.Code);
        Assert.NotNull(exception.Fault.RetryAfter);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        await WriteAsync(_database, "SELECT 1");
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    internal static async Task WriteAsync(PostgresDatabase database, string sql) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);

    private static async Task<long> CountAsync(PostgresDatabase database, string sql) =>
        await database.ReadAsync(connection => connection.QuerySingleAsync<long>(sql), Cancellation);

    private static Task<int> HoldAsync(PostgresDatabase database, TaskCompletionSource gate) => database.WriteAsync(async (_, _) =>
    {
        await gate.Task;
        return 0;
    }, Cancellation).AsTask();

    private PostgresDatabase Open() => PostgresDatabase.Open(_address, TimeProvider.System);
}
