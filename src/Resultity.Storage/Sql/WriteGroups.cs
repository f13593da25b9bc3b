using System.Threading.Channels;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Writes that wait for a writer, who puts all of them into one transaction, and so behind one commit. One writer, any number of callers.</summary>
/// <remarks>
/// <para>While one commit is under way the next writes gather, so the group grows with the load and a lone write waits for nobody.</para>
/// <para>If a write of a group fails, the transaction is rolled back and each is repeated alone, so that only the failing one fails.</para>
/// </remarks>
/// <param name="most">The most writes that share a transaction.</param>
internal sealed class WriteGroups(int most)
{
    private readonly Channel<PendingWrite> _queue = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly List<PendingWrite> _group = new(most);

    /// <summary>Waits in line and until the write is durable.</summary>
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

    /// <summary>Takes no more writes.</summary>
    public void Close() => _queue.Writer.TryComplete();

    /// <summary>Waits until there is something to write.</summary>
    /// <returns>False once it is closed and nothing is left.</returns>
    public ValueTask<bool> WaitAsync() => _queue.Reader.WaitToReadAsync();

    /// <summary>Writes what waits now, and tells each caller how that went.</summary>
    /// <param name="tryCommit">Runs writes in one transaction. Returns why nothing of it is in the database, or <see langword="null"/>.</param>
    public async ValueTask CommitAsync(Func<IReadOnlyList<PendingWrite>, ValueTask<Exception?>> tryCommit)
    {
        Gather(most);
        await CommitAsync(_group, tryCommit);
        _group.Clear();
    }

    private async ValueTask CommitAsync(List<PendingWrite> group, Func<IReadOnlyList<PendingWrite>, ValueTask<Exception?>> tryCommit)
    {
        var failure = await tryCommit(group);
        if (failure is null)
        {
            foreach (var write in group)
            {
                write.Complete();
            }
        }
        else if (group.Count == 1)
        {
            group[0].Fail(failure);
        }
        else if (failure is StorageException { Fault.Code: not "storage_full" })
        {
            // What waits behind these would wait for the same end.
            Gather(int.MaxValue);
            _group.ForEach(write => write.Fail(failure));
        }
        else
        {
            foreach (var write in group)
            {
                await CommitAsync([write], tryCommit);
            }
        }
    }

    private void Gather(int count)
    {
        while (_group.Count < count && _queue.Reader.TryRead(out var write))
        {
            _group.Add(write);
        }
    }
}
