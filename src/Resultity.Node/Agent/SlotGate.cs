namespace Resultity.Node.Agent;

/// <summary>Lets no more requests run on a model than it has slots; the few that come too many wait their turn.</summary>
/// <remarks>The gateway counts slots as well; waiting here is for the moment between an answer's last byte and its slot's return, and for two gateways at once.</remarks>
internal sealed class SlotGate
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _running;
    private int _slots = 1;

    public int Running => Volatile.Read(ref _running);

    /// <summary>Changes the number of slots; what runs goes on.</summary>
    public void Resize(int slots)
    {
        lock (_gate)
        {
            _slots = slots;
            while (_running < _slots && Admit())
            {
            }
        }
    }

    /// <summary>Takes a slot. False when there was none for <paramref name="patience"/>.</summary>
    public ValueTask<bool> EnterAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_running < _slots && _waiting.Count == 0)
            {
                _running++;
                return new ValueTask<bool>(true);
            }
            return WaitAsync(_waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)), patience, time, cancellation);
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _running--;
            if (_running < _slots)
                Admit();
        }
    }

    private async ValueTask<bool> WaitAsync(LinkedListNode<TaskCompletionSource> place, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await place.Value.Task.WaitAsync(patience, time, cancellation);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                // Admitted in the same moment: the slot is ours after all.
                if (place.List is null)
                    return true;
                _waiting.Remove(place);
            }
            if (e is OperationCanceledException)
                throw;
            return false;
        }
    }

    // Under the lock.
    private bool Admit()
    {
        if (_waiting.First is not { } first)
            return false;
        _waiting.RemoveFirst();
        _running++;
        first.Value.SetResult();
        return true;
    }
}
