using System.Data;
using System.Threading.Channels;
using Resultity.Serving.Stores;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <summary>The one writer of this gateway: puts all writes that are waiting into one transaction, and so behind one commit.</summary>
/// <remarks>
/// <para>While one commit is under way the next writes gather, so the group grows with the load and a lone write waits for nobody.</para>
/// <para>Transactions see a snapshot (REPEATABLE READ): one that would change what another gateway has changed since is repeated. If a write of
/// a group fails by itself, the transaction is rolled back and each is repeated alone, so that only the failing one fails.</para>
/// </remarks>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private const int MaxGroup = 256;

    private readonly Channel<PendingWrite> _queue = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly PostgresTransactions _transactions;
    private readonly Task _running;

    public PostgresWriter(PostgresTransactions transactions)
    {
        _transactions = transactions;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask<T> EnqueueAsync<T>(PendingWrite<T> write, CancellationToken cancellation)
    {
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

    /// <summary>Finishes the writes that are waiting, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        var group = new List<PendingWrite>(MaxGroup);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (group.Count < MaxGroup && _queue.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            await CommitAsync(group);
            group.Clear();
        }
    }

    private async Task CommitAsync(List<PendingWrite> group)
    {
        var failure = await _transactions.TryRunAsync(IsolationLevel.RepeatableRead, async (connection, transaction) =>
        {
            foreach (var write in group)
            {
                await write.ApplyAsync(connection, transaction);
            }
        });
        if (failure is null)
        {
            group.ForEach(static write => write.Complete());
        }
        else if (group.Count == 1)
        {
            group[0].Fail(failure);
        }
        else if (failure is StorageException { Fault.Code: not "storage_full" } unavailable)
        {
            // What waits behind these would wait for the same end.
            while (_queue.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            group.ForEach(write => write.Fail(unavailable));
        }
        else
        {
            foreach (var write in group)
            {
                await CommitAsync([write]);
            }
        }
    }
}
