using Microsoft.Data.Sqlite;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Sqlite;

/// <summary>The one writer of a file (see <see cref="WriteGroups"/>).</summary>
/// <remarks>A thread of its own, since a flush blocks for as long as the disk takes, and a blocked pool thread would delay requests.</remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly WriteGroups _groups = new(most: 512);
    private readonly SqliteSession _session;
    private readonly string _file;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _commits;

    public SqliteWriter(SqliteSession session, string file)
    {
        _session = session;
        _file = file;
        new Thread(Run) { IsBackground = true, Name = "sqlite-writer" }.Start();
    }

    /// <summary>How many transactions were committed.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    public ValueTask<T> EnqueueAsync<T>(PendingWrite<T> write, CancellationToken cancellation) => _groups.EnqueueAsync(write, cancellation);

    /// <summary>Finishes the writes that are waiting, takes no more, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _groups.Close();
        await _ended.Task;
        await _session.DisposeAsync();
    }

    private void Run()
    {
        try
        {
            while (_groups.WaitAsync().AsTask().GetAwaiter().GetResult())
            {
                // SQLite has no asynchronous calls: this and the tasks of writes have ended when they are returned.
                _groups.CommitAsync(TryCommit).AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private ValueTask<Exception?> TryCommit(IReadOnlyList<PendingWrite> group)
    {
        try
        {
            using (var transaction = _session.BeginWrite())
            {
                foreach (var write in group)
                {
                    write.ApplyAsync(_session, transaction).GetAwaiter().GetResult();
                }

                transaction.Commit();
            }

            Interlocked.Increment(ref _commits);
            return new((Exception?)null);
        }
        catch (SqliteException exception)
        {
            return new((Exception?)SqliteFaults.Explain(exception, _file) ?? exception);
        }
#pragma warning disable CA1031 // Whatever a write throws belongs to whoever waits for it; the writer goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new(exception);
        }
    }
}
