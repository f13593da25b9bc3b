using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

/// <summary>The life of whoever claims work of the store for a time and runs it: recovers, claims when woken, keeps the claims, and hands back what a shutdown interrupts.</summary>
/// <remarks>A store that fails holds everything up and ends nothing.</remarks>
public abstract class ClaimLoop : BackgroundService
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _draining;

    private protected ClaimLoop(JobOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
    }

    /// <summary>How often it is looked for work that nobody has told of.</summary>
    private protected static TimeSpan Tick { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long claims hold, and under which name.</summary>
    private protected JobOptions Options { get; }

    /// <summary>The clock.</summary>
    private protected TimeProvider Time { get; }

    /// <summary>How many runs there are.</summary>
    private protected abstract int Running { get; }

    /// <summary>Says that there may be something to claim.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Says that a run has ended and is not counted any more.</summary>
    /// <param name="makesRoom">Whether something can be claimed now that could not before.</param>
    private protected void RunEnded(bool makesRoom)
    {
        if (makesRoom || Volatile.Read(ref _draining) != 0)
        {
            Wake();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await GuardAsync(() => RecoverAsync(stoppingToken)).ConfigureAwait(false);
        using (Time.CreateTimer(static loop => ((ClaimLoop)loop!).Wake(), this, Tick, Tick))
        {
            var renewal = KeepClaimsAsync(stoppingToken);
            Wake();
            try
            {
                while (await _wake.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
                {
                    _wake.Reader.TryRead(out _);
                    await GuardAsync(() => ClaimAsync(stoppingToken)).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // Shutdown.
            }

            await renewal.ConfigureAwait(false);
        }

        await DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Takes back what this process had claimed when it ended without a goodbye.</summary>
    private protected abstract Task RecoverAsync(CancellationToken stopping);

    /// <summary>Claims what there is room for and starts to run it.</summary>
    private protected abstract Task ClaimAsync(CancellationToken stopping);

    /// <summary>Renews the leases, and stops the runs that have lost theirs or are to be cancelled.</summary>
    private protected abstract Task RenewAsync(CancellationToken stopping);

    /// <summary>Stops what need not go on, because the process is to end.</summary>
    private protected abstract void BeginDrain();

    /// <summary>Stops what still runs.</summary>
    private protected abstract void EndDrain();

    /// <summary>Hands the claims back to the store.</summary>
    private protected abstract Task HandBackAsync();

    /// <summary>Says that the store has failed.</summary>
    private protected abstract void LogStorageFailed(StorageException exception);

    /// <summary>Does work that a failing store holds up.</summary>
    private protected async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
        }
    }

    private async Task KeepClaimsAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Options.Lease / 3, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                await GuardAsync(() => RenewAsync(stopping)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    private async Task DrainAsync()
    {
        Interlocked.Exchange(ref _draining, 1);
        BeginDrain();
        using var drain = Time.CreateTimer(static loop => ((ClaimLoop)loop!).EndDrain(), this, Options.Drain, Timeout.InfiniteTimeSpan);
        while (Running > 0)
        {
            // From now on every run wakes the loop when it ends.
            await _wake.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
            _wake.Reader.TryRead(out _);
        }

        await GuardAsync(HandBackAsync).ConfigureAwait(false);
    }
}
