namespace Resultity.Node.Runtimes.Supervised;

/// <summary>Decides which models are loaded within a budget of memory, in turns: who waits longest is loaded next.</summary>
/// <remarks>
/// <para>A model that is used is never evicted. When one waits and the memory does not suffice, the least recently used others are closed: they take
/// no new request, and are evicted when their last has ended. Requests for a closed model wait behind the one that closed it, so nobody starves.</para>
/// <para>A model stays for <see cref="SupervisedOptions.Residence"/> at least, which bounds how often models change places. Thread-safe.</para>
/// </remarks>
internal sealed class MemoryBudget(long total, TimeSpan residence, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<BudgetedModel> _loaded = [];
    private readonly LinkedList<BudgetedModel> _queue = new();
    private ITimer? _later;
    private long _used;
    private bool _disposed;

    /// <summary>Waits until a model may be loaded, or is.</summary>
    /// <returns>Dispose of it when the request has ended.</returns>
    public async ValueTask<BudgetUse> UseAsync(BudgetedModel model, CancellationToken cancellation)
    {
        Task turn;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (model is { IsLoaded: true, IsClosed: false })
            {
                Take(model, 1);
                return new BudgetUse(this, model);
            }

            turn = Enqueue(model);
            Advance();
        }

        try
        {
            await turn.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                // The turn came for all that wait for the model, this one included.
                if (turn.IsCompletedSuccessfully)
                {
                    GiveBack(model);
                }
                else
                {
                    model.Waiting--;
                    if (model.Waiting == 0)
                    {
                        _queue.Remove(model);
                        model.Turn = null;
                        Reopen();
                    }
                }
            }

            throw;
        }

        return new BudgetUse(this, model);
    }

    /// <summary>A use has ended.</summary>
    public void Release(BudgetedModel model)
    {
        lock (_gate)
        {
            GiveBack(model);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _later?.Dispose();
            foreach (var model in _queue)
            {
                model.Turn!.TrySetCanceled();
            }

            _queue.Clear();
        }
    }

    // Everything below under the gate.
    private Task Enqueue(BudgetedModel model)
    {
        if (model.Turn is null)
        {
            model.Turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.AddLast(model);
        }

        model.Waiting++;
        return model.Turn.Task;
    }

    private void Take(BudgetedModel model, int uses)
    {
        model.Uses += uses;
        model.UsedAt = time.GetTimestamp();
    }

    private void GiveBack(BudgetedModel model)
    {
        model.Uses--;
        model.UsedAt = time.GetTimestamp();
        Advance();
    }

    private void Advance()
    {
        while (!_disposed && _queue.First is { Value: var next })
        {
            // One that is being evicted is loaded anew when it is gone.
            if (next.IsEvicting || (!next.IsLoaded && !MakeRoom(next)))
            {
                return;
            }

            // It was closed for another that has been served since, or has gone.
            next.IsClosed = false;

            if (!next.IsLoaded)
            {
                next.IsLoaded = true;
                next.LoadedAt = time.GetTimestamp();
                _used += next.MemoryBytes;
                _loaded.Add(next);
            }

            _queue.RemoveFirst();
            Take(next, next.Waiting);
            next.Waiting = 0;
            var turn = next.Turn!;
            next.Turn = null;
            turn.SetResult();
        }
    }

    // True when there is room now; else closes what is in the way, and an event or the timer comes back here.
    private bool MakeRoom(BudgetedModel wanted)
    {
        var missing = _used + wanted.MemoryBytes - total;
        if (missing <= 0)
        {
            return true;
        }

        foreach (var victim in _loaded.Where(static model => model.MemoryBytes > 0).OrderBy(static model => model.UsedAt).ToList())
        {
            if (missing <= 0)
            {
                break;
            }

            missing -= victim.MemoryBytes;
            victim.IsClosed = true;
            var left = residence - time.GetElapsedTime(victim.LoadedAt);
            if (victim.Uses > 0 || victim.IsEvicting)
            {
                continue;
            }

            if (left > TimeSpan.Zero)
            {
                _later?.Dispose();
                _later = time.CreateTimer(static budget => ((MemoryBudget)budget!).Again(), this, left, Timeout.InfiniteTimeSpan);
                continue;
            }

            victim.IsEvicting = true;
            _ = EvictAsync(victim);
        }

        return false;
    }

    private void Again()
    {
        lock (_gate)
        {
            Advance();
        }
    }

    private async Task EvictAsync(BudgetedModel victim)
    {
        await victim.UnloadAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            victim.IsLoaded = victim.IsClosed = victim.IsEvicting = false;
            _used -= victim.MemoryBytes;
            _loaded.Remove(victim);
            Advance();
        }
    }

    // The one that others were closed for waits no more.
    private void Reopen()
    {
        foreach (var model in _loaded)
        {
            model.IsClosed &= model.IsEvicting;
        }

        foreach (var model in _queue.Where(static model => model is { IsLoaded: true, IsClosed: false }).ToList())
        {
            _queue.Remove(model);
            _queue.AddFirst(model);
        }

        Advance();
    }
}

/// <summary>A model as the budget sees it. Its fields belong to the budget's gate.</summary>
internal sealed class BudgetedModel(long memoryBytes, Func<Task> unload)
{
    public long MemoryBytes => memoryBytes;

    public bool IsLoaded { get; set; }

    /// <summary>Takes no new request: it makes room.</summary>
    public bool IsClosed { get; set; }

    public bool IsEvicting { get; set; }

    public int Uses { get; set; }

    public int Waiting { get; set; }

    public long LoadedAt { get; set; }

    public long UsedAt { get; set; }

    public TaskCompletionSource? Turn { get; set; }

    public Task UnloadAsync() => unload();
}

/// <summary>A request's use of a loaded model.</summary>
internal readonly struct BudgetUse(MemoryBudget budget, BudgetedModel model) : IDisposable
{
    public void Dispose() => budget.Release(model);
}
