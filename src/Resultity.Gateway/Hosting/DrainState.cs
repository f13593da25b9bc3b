namespace Resultity.Gateway.Hosting;

/// <summary>Whether the gateway still takes requests, and how many it is at. Thread-safe.</summary>
internal sealed class DrainState
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    private volatile bool _draining;

    /// <summary>Whether it is stopping.</summary>
    public bool IsDraining => _draining;

    /// <summary>How many requests run.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request in.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts a request out.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _draining) _idle.TrySetResult();
    }

    /// <summary>Takes nothing new from now on, and waits until nothing runs any more.</summary>
    public Task DrainAsync(CancellationToken cancellation)
    {
        _draining = true;
        Interlocked.MemoryBarrier();
        if (InFlight == 0) _idle.TrySetResult();
        return _idle.Task.WaitAsync(cancellation);
    }
}
