using Dapper;
using Microsoft.Data.Sqlite;
using Resultity.Serving.Stores;
using Resultity.Storage.Sqlite;
using Resultity.Storage.Tests.Conformance;
using Xunit;

namespace Resultity.Storage.Tests.Sqlite;

public sealed class SqliteStorageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-sqlite-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        var job = JobStoreConformance.NewJob();
        await using (var storage = TestStorage.SqliteIn(_folder))
        {
            await storage.Get<IJobStore>().AddAsync(job, "body"u8.ToArray(), Cancellation);
        }

        await using var again = TestStorage.SqliteIn(_folder);
        Assert.Equal("body"u8.ToArray(), (await again.Get<IJobStore>().ReadBodyAsync(job.Id, Cancellation))!.Value.ToArray());
    }

    [Fact]
    public async Task A_folder_in_use_says_so()
    {
        await using var first = TestStorage.SqliteIn(_folder);
        _ = first.Get<IJobStore>();
        await using var second = TestStorage.SqliteIn(_folder);
        var exception = Assert.Throws<StorageException>(second.Get<IJobStore>);
        Assert.Contains($"'{_folder}' is in use by another process (process {Environment.ProcessId})", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_says_so()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        await using var storage = TestStorage.SqliteIn(Path.Combine(file, "data"));
        Assert.Contains("cannot be written", Assert.Throws<StorageException>(storage.Get<IJobStore>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_database_says_so_and_gives_the_folder_back()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "resultity.db"), [.. Enumerable.Repeat((byte)'x', 8192)], Cancellation);
        await using (var storage = TestStorage.SqliteIn(_folder))
        {
            var exception = Assert.Throws<StorageException>(storage.Get<IJobStore>);
            Assert.Contains("is damaged", exception.Message, StringComparison.Ordinal);
            Assert.Equal("storage_damaged", exception.Fault.Code);
        }

        File.Delete(Path.Combine(_folder, "resultity.db"));
        await using var again = TestStorage.SqliteIn(_folder);
        _ = again.Get<IJobStore>();
    }

    [Fact]
    public async Task A_page_that_is_damaged_is_told_at_the_start()
    {
        var file = Path.Combine(_folder, "page.db");
        await using (var database = SqliteDatabase.Open(file))
        {
            await WriteAsync(database, "CREATE TABLE t (x BLOB)");
            await WriteAsync(database, "INSERT INTO t SELECT randomblob(100) FROM jobs UNION ALL SELECT randomblob(100) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n)");
        }

        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        for (var page = bytes.Length / 4096 * 2 / 3; page < bytes.Length / 4096; page++)
        {
            bytes.AsSpan(page * 4096, 64).Fill(0xFF);
        }

        await File.WriteAllBytesAsync(file, bytes, Cancellation);
        var exception = Assert.Throws<StorageException>(() => SqliteDatabase.Open(file));
        Assert.Equal("storage_damaged", exception.Fault.Code);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_survived()
    {
        await using var database = SqliteDatabase.Open(Path.Combine(_folder, "full.db"));
        await WriteAsync(database, "CREATE TABLE t (x BLOB)");
        await WriteAsync(database, "PRAGMA max_page_count = 60");
        var exception = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(database, "INSERT INTO t VALUES (randomblob(1000000))"));
        Assert.Contains("is full", exception.Message, StringComparison.Ordinal);
        Assert.Equal("storage_full", exception.Fault.Code);
        await WriteAsync(database, "INSERT INTO t VALUES (randomblob(10))");
    }

    [Fact]
    public async Task Writes_that_wait_share_a_commit()
    {
        await using var database = SqliteDatabase.Open(Path.Combine(_folder, "group.db"));
        await WriteAsync(database, "CREATE TABLE t (x INTEGER)");
        var before = database.Commits;
        using var gate = new ManualResetEventSlim();
        var blocker = database.WriteAsync((_, _) =>
        {
            gate.Wait();
            return Task.FromResult(0);
        }, Cancellation).AsTask();
        var writes = Enumerable.Range(0, 100).Select(_ => WriteAsync(database, "INSERT INTO t VALUES (1)")).ToList();
        gate.Set();
        await blocker;
        await Task.WhenAll(writes);
        Assert.InRange(database.Commits - before, 1, 2);
    }

    [Fact]
    public async Task A_failing_write_fails_alone()
    {
        await using var database = SqliteDatabase.Open(Path.Combine(_folder, "alone.db"));
        await WriteAsync(database, "CREATE TABLE t (x INTEGER PRIMARY KEY)");
        using var gate = new ManualResetEventSlim();
        var blocker = database.WriteAsync((_, _) =>
        {
            gate.Wait();
            return Task.FromResult(0);
        }, Cancellation).AsTask();
        var good = WriteAsync(database, "INSERT INTO t VALUES (1)");
        var bad = WriteAsync(database, "INSERT INTO t VALUES (1)");
        var other = WriteAsync(database, "INSERT INTO t VALUES (2)");
        gate.Set();
        await Task.WhenAll(blocker, good, other);
        await Assert.ThrowsAsync<SqliteException>(() => bad);
        Assert.Equal(2L, await database.ReadAsync(connection => connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM t"), Cancellation));
    }

    [Fact]
    public async Task Commits_are_flushed_to_the_disk_and_references_are_checked()
    {
        await using var database = SqliteDatabase.Open(Path.Combine(_folder, "pragma.db"));
        var settings = await database.WriteAsync(async (connection, transaction) => (
            await connection.ExecuteScalarAsync<long>("PRAGMA synchronous", transaction: transaction),
            await connection.ExecuteScalarAsync<long>("PRAGMA foreign_keys", transaction: transaction)), Cancellation);
        Assert.Equal((2, 1), settings);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task WriteAsync(SqliteDatabase database, string sql) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);
}
