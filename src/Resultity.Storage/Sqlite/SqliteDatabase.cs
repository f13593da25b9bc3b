using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using DbUp;
using Microsoft.Data.Sqlite;
using Resultity.Serving.Stores;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Sqlite;

/// <summary>One SQLite file: a writer with group commit, and readers that it never blocks.</summary>
internal sealed class SqliteDatabase : SqlDatabase, IAsyncDisposable
{
    /// <summary>Larger files are not looked through at the start, which would take more than seconds.</summary>
    private const long MostChecked = 1L << 30;

    private readonly string _connectionString;
    private readonly string _file;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentStack<SqliteSession> _readers = new();
    private volatile bool _closed;

    // Statements with lists of near lengths become one, which is compiled once.
    static SqliteDatabase() => SqlMapper.Settings.PadListExpansions = true;

    private SqliteDatabase(string file, string connectionString, SqliteWriter writer)
    {
        _file = file;
        _connectionString = connectionString;
        _writer = writer;
    }

    /// <summary>How many transactions were committed; writes that shared one count once.</summary>
    public long Commits => _writer.Commits;

    /// <summary>Opens the file, makes it if there is none, and brings its tables to this version's state.</summary>
    /// <exception cref="StorageException">The file cannot be used; the message says why.</exception>
    public static SqliteDatabase Open(string file)
    {
        var connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, ForeignKeys = true, DefaultTimeout = 5 }.ToString();
        try
        {
            var connection = Connect(connectionString);
            Check(connection, file);
            Migrate(connectionString);
            return new SqliteDatabase(file, connectionString, new SqliteWriter(new SqliteSession(connection), file));
        }
        catch (SqliteException exception) when (SqliteFaults.Explain(exception, file) is { } explained)
        {
            throw explained;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed, this);
        try
        {
            if (!_readers.TryPop(out var session))
            {
                session = new SqliteSession(Connect(_connectionString));
            }

            T value;
            try
            {
                value = await read(session);
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }

            _readers.Push(session);
            if (_closed)
            {
                CloseReaders();
            }

            return value;
        }
        catch (SqliteException exception) when (SqliteFaults.Explain(exception, _file) is { } explained)
        {
            throw explained;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) =>
        _writer.EnqueueAsync(new PendingWrite<T>(write), cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        CloseReaders();
        await _writer.DisposeAsync();
    }

    private void CloseReaders()
    {
        while (_readers.TryPop(out var reader))
        {
            reader.Dispose();
        }
    }

    private static SqliteConnection Connect(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();

        // FULL: in WAL mode NORMAL does not flush the log at a commit, so a power loss could take acknowledged work with it.
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Looks at every page, so that damage is told now and not by a request that comes upon it.</summary>
    private static void Check(SqliteConnection connection, string file)
    {
        if (new FileInfo(file).Length > MostChecked)
        {
            return;
        }

        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        if (command.ExecuteScalar() is string and not "ok" and var found)
        {
            connection.Dispose();
            throw SqliteFaults.Damaged(found, file);
        }
    }

    private static void Migrate(string connectionString)
    {
        var result = DeployChanges.To.SqliteDatabase(connectionString)
            .WithScriptsEmbeddedInAssembly(typeof(SqliteDatabase).Assembly, static name => name.Contains(".Migrations.Sqlite.", StringComparison.Ordinal))
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw result.Error is SqliteException ? result.Error
                : new InvalidOperationException($"The database's migration '{result.ErrorScript?.Name}' failed.", result.Error);
        }
    }
}
