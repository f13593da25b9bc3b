using System.Threading.Channels;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;

namespace Resultity.Serving.Batches;

/// <summary>One claim of one batch while it runs in this process.</summary>
#pragma warning disable CA1001 // Without a timer the source of a token holds nothing to dispose of, and a stop may come after the end.
internal sealed class BatchRun(Batch batch, Caller? caller)
#pragma warning restore CA1001
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _lines = new();
    private volatile Caller? _caller = caller;
    private int _reason;

    /// <summary>The batch as it was claimed.</summary>
    public Batch Batch { get; } = batch;

    /// <summary>Who asks, as the key is now; <see langword="null"/> if the key is not valid any more. May change while the batch runs.</summary>
    public Caller? Caller
    {
        get => _caller;
        set => _caller = value;
    }

    /// <summary>Why it is to stop.</summary>
    public JobStop StopReason => (JobStop)Volatile.Read(ref _reason);

    /// <summary>Whether the lines that are left need models that only other gateways' nodes serve.</summary>
    public bool IsForOthers { get; private set; }

    /// <summary>Stops the lines that run.</summary>
    public CancellationToken LineToken => _lines.Token;

    /// <summary>No new line begins. The first reason counts. At a shutdown the lines that run may go on until <see cref="StopLines"/>.</summary>
    public void Stop(JobStop reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)JobStop.None) == (int)JobStop.None && reason != JobStop.Shutdown)
        {
            StopLines();
        }

        Wake();
    }

    /// <summary>Leaves the lines that are left to other gateways.</summary>
    public void HandOver()
    {
        IsForOthers = true;
        Stop(JobStop.Shutdown);
    }

    /// <summary>Stops the lines that run.</summary>
    public void StopLines() => _lines.Cancel();

    /// <summary>Says that something has changed that the run may wait for.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Waits until somebody wakes the run.</summary>
    public async ValueTask SleepAsync()
    {
        await _wake.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
        _wake.Reader.TryRead(out _);
    }
}
