using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Resultity.Serving.Stores;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Sqlite;

/// <summary>The one writer: a thread that puts all writes that are waiting into one transaction, and so behind one flush of the disk.</summary>
/// <remarks>
/// <para>While one commit is being flushed the next writes gather, so the group grows with the load and a lone write waits for nobody.</para>
/// <para>A thread of its own, since a flush blocks for as long as the disk takes, and a blocked pool thread would delay requests.</para>
/// <para>If a write of a group fails, the transaction is rolled back and each is repeated alone, so that only the failing one fails.</para>
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MaxGroup = 512;

    private readonly Channel<PendingWrite> _queue = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly SqliteConnection _connection;
    private readonly string _file;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _commits;

    public SqliteWriter(SqliteConnection connection, string file)
    {
        _connection = connection;
        _file = file;
        new Thread(Run) { IsBackground = true, Name = "sqlite-writer" }.Start();
    }

    /// <summary>How many transactions were committed.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    public async ValueTask<T> EnqueueAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellation)
    {
        var write = new PendingWrite<T>(work);
        try
        {
            await _queue.Writer.WriteAsync(write, cancellation);
        }
        catch (ChannelClosedException exception)
        {
            throw new ObjectDisposedException("The storage is closed.", exception);
        }

        return await write.Result;
    }

    /// <summary>Finishes the writes that are waiting, takes no more, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended.Task;
        await _connection.DisposeAsync();
    }

    private void Run()
    {
        var group = new List<PendingWrite>(MaxGroup);
        try
        {
            while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (group.Count < MaxGroup && _queue.Reader.TryRead(out var write))
                {
                    group.Add(write);
                }

                Commit(group);
                group.Clear();
            }
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Commit(List<PendingWrite> group)
    {
        if (TryCommit(group) is not { } failure)
        {
            return;
        }

        if (group.Count == 1 || failure is StorageException)
        {
            group.ForEach(write => write.Fail(failure));
            return;
        }

        foreach (var write in group)
        {
            if (TryCommit([write]) is { } own)
            {
                write.Fail(own);
            }
        }
    }

    private Exception? TryCommit(List<PendingWrite> group)
    {
        try
        {
            using (var transaction = _connection.BeginTransaction(deferred: false))
            {
                foreach (var write in group)
                {
                    // SQLite has no asynchronous calls: the task has ended when it is returned.
                    write.ApplyAsync(_connection, transaction).GetAwaiter().GetResult();
                }

                transaction.Commit();
            }

            Interlocked.Increment(ref _commits);
            group.ForEach(static write => write.Complete());
            return null;
        }
        catch (SqliteException exception)
        {
            return (Exception?)SqliteFaults.Explain(exception, _file) ?? exception;
        }
#pragma warning disable CA1031 // Whatever a write throws belongs to whoever waits for it; the writer goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }
}
