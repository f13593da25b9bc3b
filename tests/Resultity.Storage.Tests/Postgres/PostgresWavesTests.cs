using System.Data.Common;
using Dapper;
using Npgsql;
using Resultity.Storage.Postgres;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

/// <summary>Stated writes share round trips: the server gets the next statement of each with those of the others.</summary>
public sealed class PostgresWavesTests(PostgresFixture server) : IAsyncLifetime
{
    private readonly string _address = server.NewDatabase();
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = PostgresDatabase.Open(_address, TimeProvider.System);
        await _database.WriteAsync((connection, transaction) => connection.ExecuteAsync("CREATE TABLE t (id BIGINT PRIMARY KEY, x BIGINT NOT NULL)", transaction: transaction), Cancellation);
    }

    [Fact]
    public async Task Each_write_gets_the_rows_and_counts_of_its_own_statements()
    {
        var results = await TogetherAsync(Enumerable.Range(0, 100).Select(id => (Func<DbConnection, DbTransaction, Task<string>>)(async (connection, transaction) =>
        {
            // Some have one statement, some four, with rows, without, and with none.
            var added = await connection.ExecuteAsync("INSERT INTO t VALUES (@id, @x)", new { id, x = id * 10L }, transaction);
            if (id % 3 == 0)
            {
                return $"{added}";
            }

            var read = await connection.QuerySingleAsync<long>("SELECT x FROM t WHERE id = @id", new { id }, transaction);
            var changed = await connection.ExecuteAsync("UPDATE t SET x = x + 1 WHERE id = @id OR id = @none", new { id, none = -1 }, transaction);
            var rows = (await connection.QueryAsync<long>("SELECT x FROM t WHERE id IN @ids ORDER BY id", new { ids = new[] { id, -id - 1 } }, transaction)).AsList();
            return $"{added} {read} {changed} {string.Join(',', rows)}";
        })));
        Assert.Equal(Enumerable.Range(0, 100).Select(id => id % 3 == 0 ? "1" : $"1 {id * 10} 1 {(id * 10) + 1}"), results);
    }

    [Fact]
    public async Task Statements_that_a_write_asks_for_at_once_run_in_their_order()
    {
        var counts = await TogetherAsync(Enumerable.Range(0, 20).Select(write => (Func<DbConnection, DbTransaction, Task<int[]>>)(async (connection, transaction) =>
        {
            var inserted = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => connection.ExecuteAsync("INSERT INTO t VALUES (@id, 0)", new { id = (write * 10) + i }, transaction)));
            var deleted = await Task.WhenAll(
                connection.ExecuteAsync("UPDATE t SET x = 1 WHERE id = @id", new { id = write * 10 }, transaction),
                connection.ExecuteAsync("DELETE FROM t WHERE id = @id AND x = 1", new { id = write * 10 }, transaction));
            return [inserted.Sum(), .. deleted];
        })));
        Assert.All(counts, count => Assert.Equal([10, 1, 1], count));
        Assert.Equal(180, await _database.ReadAsync(connection => connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM t"), Cancellation));
    }

    [Fact]
    public async Task A_write_that_the_server_refuses_in_any_statement_fails_alone()
    {
        var writes = await StartAsync(Enumerable.Range(0, 30).Select(id => (Func<DbConnection, DbTransaction, Task<long>>)(async (connection, transaction) =>
        {
            await connection.ExecuteAsync("INSERT INTO t VALUES (@id, 0)", new { id }, transaction);

            // 7 is refused in the second statement, and 8 while its rows are read.
            return id == 7 ? await connection.ExecuteAsync("INSERT INTO t VALUES (@id, 0)", new { id }, transaction)
                : await connection.QuerySingleAsync<long>("SELECT 10 / (id - @zero) FROM t WHERE id = @id", new { id, zero = id == 8 ? 8 : -1 }, transaction);
        })));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, (await Assert.ThrowsAsync<PostgresException>(() => writes[7])).SqlState);
        Assert.Equal(PostgresErrorCodes.DivisionByZero, (await Assert.ThrowsAsync<PostgresException>(() => writes[8])).SqlState);
        await Task.WhenAll(writes.Where((_, id) => id is not 7 and not 8));
        Assert.Equal(28, await _database.ReadAsync(connection => connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM t"), Cancellation));
    }

    [Fact]
    public async Task A_write_that_throws_by_itself_fails_alone()
    {
        var writes = await StartAsync(Enumerable.Range(0, 5).Select(id => (Func<DbConnection, DbTransaction, Task<int>>)(async (connection, transaction) =>
            await connection.ExecuteAsync("INSERT INTO t VALUES (@id, 0)", new { id }, transaction) == 1 && id == 3
                ? throw new InvalidOperationException("mine")
                : id)));
        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => writes[3])).Message);
        var others = await Task.WhenAll(writes.Where((_, id) => id != 3));
        Assert.Equal([0, 1, 2, 4], others);
        Assert.Equal(4, await _database.ReadAsync(connection => connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM t"), Cancellation));
    }

    [Fact]
    public async Task Two_gateways_that_add_to_the_same_rows_lose_nothing()
    {
        await using var other = PostgresDatabase.Open(_address, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? _database : other).WriteStatedAsync(
            (connection, transaction) => connection.ExecuteAsync("INSERT INTO t VALUES (@id, 1) ON CONFLICT (id) DO UPDATE SET x = t.x + 1", new { id = i % 5 }, transaction),
            Cancellation).AsTask()));
        Assert.Equal(200, await _database.ReadAsync(connection => connection.QuerySingleAsync<long>("SELECT SUM(x)::BIGINT FROM t"), Cancellation));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private async Task<T[]> TogetherAsync<T>(IEnumerable<Func<DbConnection, DbTransaction, Task<T>>> writes) => await Task.WhenAll(await StartAsync(writes));

    /// <summary>Has writes wait behind one that is held up, so that they are one group.</summary>
    private async Task<List<Task<T>>> StartAsync<T>(IEnumerable<Func<DbConnection, DbTransaction, Task<T>>> writes)
    {
        var gate = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        var blocker = _database.WriteAsync(async (_, _) =>
        {
            began.TrySetResult();
            await gate.Task;
            return 0;
        }, Cancellation).AsTask();
        await began.Task;
        var tasks = writes.Select(write => _database.WriteStatedAsync(write, Cancellation).AsTask()).ToList();
        gate.SetResult();
        await blocker;
        return tasks;
    }
}
