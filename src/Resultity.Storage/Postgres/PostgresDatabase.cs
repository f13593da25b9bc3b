using System.Data;
using System.Data.Common;
using Dapper;
using Npgsql;
using Resultity.Serving.Stores;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <summary>One PostgreSQL database, shared with other gateways.</summary>
internal sealed class PostgresDatabase : SqlDatabase, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly string _listenerSettings;
    private readonly string _place;
    private readonly PostgresTransactions _transactions;
    private readonly PostgresWriter _writer;

    // Statements with lists of near lengths become one, which the server prepares once.
    static PostgresDatabase() => SqlMapper.Settings.PadListExpansions = true;

    private PostgresDatabase(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, string place, TimeProvider time)
    {
        _source = source;
        _listenerSettings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false }.ConnectionString;
        _place = place;
        _transactions = new PostgresTransactions(source, place, time);
        _writer = new PostgresWriter(_transactions);
    }

    /// <summary>How many transactions were committed; writes that shared one count once.</summary>
    public long Commits => _transactions.Commits;

    /// <inheritdoc/>
    public override string SkipLocked => " FOR UPDATE SKIP LOCKED";

    /// <summary>Connects, and brings the tables to this version's state; gateways that start together do so one after the other.</summary>
    /// <param name="address">See <see cref="PostgresAddress"/>.</param>
    /// <param name="time">The clock for pauses.</param>
    /// <exception cref="StorageException">The database cannot be used; the message says why.</exception>
    public static PostgresDatabase Open(string address, TimeProvider time)
    {
        var settings = PostgresAddress.Parse(address);
        var place = PostgresAddress.Show(settings);
        var source = NpgsqlDataSource.Create(settings);
        try
        {
            PostgresMigration.Run(source, settings, place);
            return new PostgresDatabase(source, settings, place, time);
        }
        catch (NpgsqlException exception) when (PostgresFaults.Explain(exception, place) is { } explained)
        {
            source.Dispose();
            throw explained;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that stays open for as long as its owner listens on it.</summary>
    public async ValueTask<NpgsqlConnection> OpenListenerAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(_listenerSettings);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        for (var isFresh = false; ; isFresh = true)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellation);
                return await read(new PostgresConnection(connection));
            }
            catch (NpgsqlException exception) when (!isFresh && PostgresFaults.IsBroken(exception))
            {
                _source.Clear();
            }
            catch (NpgsqlException exception) when (PostgresFaults.Explain(exception, _place) is { } explained)
            {
                throw explained;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) =>
        _writer.EnqueueAsync(new PendingWrite<T>(write), cancellation);

    /// <inheritdoc/>
    public override ValueTask<T> WriteStatedAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) =>
        _writer.EnqueueAsync(new PendingWrite<T>(write) { IsStated = true }, cancellation);

    /// <inheritdoc/>
    public override async ValueTask<T> WriteAloneAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var pending = new PendingWrite<T>(write);
        if (await _transactions.TryRunAsync(IsolationLevel.ReadCommitted, pending.ApplyAsync) is { } failure)
        {
            pending.Fail(failure);
        }
        else
        {
            pending.Complete();
        }

        return await pending.Result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _source.DisposeAsync();
    }
}
