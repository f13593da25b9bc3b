namespace Resultity.Gateway.Hosting;

/// <summary>Whether the gateway still takes requests, and how many it is at. Thread-safe.</summary>
#pragma warning disable CA1001 // Without a timer the source of a token holds nothing to dispose of.
internal sealed class DrainState
#pragma warning restore CA1001
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _begun = new();
    private int _inFlight;
    private volatile bool _draining;

    /// <summary>Whether it is stopping.</summary>
    public bool IsDraining => _draining;

    /// <summary>Fires when it begins to stop: whoever only waits, and loses nothing by asking again, ends its wait.</summary>
    public CancellationToken Begun => _begun.Token;

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
        _begun.Cancel();
        if (InFlight == 0) _idle.TrySetResult();
        return _idle.Task.WaitAsync(cancellation);
    }
}
