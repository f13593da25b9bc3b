using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Batches;

/// <summary>Runs the batches of the store: claims them, has each executed, keeps the claims, and hands back what a shutdown interrupts.</summary>
/// <remarks>One claim for a whole batch. What a crash interrupted is claimed again at the next start, or by another gateway when the lease has ended.</remarks>
public sealed partial class BatchRunner : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly IBatchStore _store;
    private readonly IApiKeyStore _keys;
    private readonly BatchExecution _execution;
    private readonly LiveBatches _live;
    private readonly JobChanges _changes;
    private readonly BatchOptions _options;
    private readonly JobOptions _jobs;
    private readonly TimeProvider _time;
    private readonly ILogger<BatchRunner> _logger;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    internal BatchRunner(
        IBatchStore store, IApiKeyStore keys, BatchExecution execution, LiveBatches live, JobChanges changes, BatchOptions options, JobOptions jobs, TimeProvider time,
        ILogger<BatchRunner> logger)
    {
        _store = store;
        _keys = keys;
        _execution = execution;
        _live = live;
        _changes = changes;
        _options = options;
        _jobs = jobs;
        _time = time;
        _logger = logger;
    }

    /// <summary>Says that there may be something to claim.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await GuardAsync(async () => LogRecovered(await _store.ReleaseAsync(_jobs.Owner, stoppingToken).ConfigureAwait(false))).ConfigureAwait(false);
        using (_time.CreateTimer(static runner => ((BatchRunner)runner!).Wake(), this, Tick, Tick))
        {
            var renewal = RenewAsync(stoppingToken);
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

    private async Task ClaimAsync(CancellationToken stopping)
    {
        var room = _options.MaxRunning - _live.Count;
        if (room <= 0)
        {
            return;
        }

        var now = _time.GetUtcNow();
        foreach (var batch in await _store.ClaimAsync(_jobs.Owner, room, now, now + _jobs.Lease, stopping).ConfigureAwait(false))
        {
            var run = new BatchRun(batch, await CallerOfAsync(batch, stopping).ConfigureAwait(false));
            _live.Add(run);
            _ = RunAsync(run);
        }
    }

    private async ValueTask<Caller?> CallerOfAsync(Batch batch, CancellationToken stopping)
    {
        var key = await _keys.GetAsync(batch.KeyId, stopping).ConfigureAwait(false);
        return key is not null && key.IsValidAt(_time.GetUtcNow()) ? key.ToCaller().In(SubcloudNamespace.SubcloudOf(batch.Namespace)) : null;
    }

    private async Task RunAsync(BatchRun run)
    {
        await Task.Yield();
        try
        {
            await _execution.RunAsync(run).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            LogInterrupted(exception, run.Batch.Id);
            await PauseAsync(run).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A defect that one batch brings out must not end the runner; the batch is tried again, and ends with its window.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogDefect(exception, run.Batch.Id);
            await PauseAsync(run).ConfigureAwait(false);
        }
        finally
        {
            _live.Remove(run);
            _changes.Raise(run.Batch.Id);
            Wake();
        }
    }

    /// <summary>A claim that came to nothing is handed back, but not to be taken up again at once.</summary>
    private async ValueTask PauseAsync(BatchRun run)
    {
        await Task.Delay(Tick, _time).ConfigureAwait(false);
        await GuardAsync(() => _store.ReleaseAsync(run.Batch.Id, run.Batch.Attempt, CancellationToken.None).AsTask()).ConfigureAwait(false);
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_jobs.Lease / 3, _time);
        HashSet<HeldBatch> strays = [];
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                await GuardAsync(async () => strays = await RenewAsync(strays, stopping).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    /// <summary>Renews the leases, and stops the runs that have lost theirs or are to be cancelled.</summary>
    /// <param name="strays">Claims that nobody ran at the last renewal: a failing store can cut a claim short. They are handed back now.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>The claims that nobody runs.</returns>
    private async Task<HashSet<HeldBatch>> RenewAsync(HashSet<HeldBatch> strays, CancellationToken stopping)
    {
        var runs = _live.All.ToList();
        var held = (await _store.RenewAsync(_jobs.Owner, _time.GetUtcNow() + _jobs.Lease, stopping).ConfigureAwait(false)).ToDictionary(static claim => claim.Id);
        foreach (var run in runs)
        {
            if (!held.Remove(run.Batch.Id, out var claim) || claim.Attempt != run.Batch.Attempt)
            {
                run.Stop(JobStop.Lost);
            }
            else if (claim.Status == BatchStatus.Cancelling)
            {
                run.Stop(JobStop.Cancelled);
            }
            else
            {
                // A key that was revoked, or whose limits were changed, since the claim.
                run.Caller = await CallerOfAsync(run.Batch, stopping).ConfigureAwait(false);
            }
        }

        foreach (var stray in held.Values.Where(strays.Contains))
        {
            await _store.ReleaseAsync(stray.Id, stray.Attempt, stopping).ConfigureAwait(false);
        }

        return [.. held.Values];
    }

    private async Task DrainAsync()
    {
        foreach (var run in _live.All)
        {
            run.Stop(JobStop.Shutdown);
        }

        using var drain = _time.CreateTimer(_ => StopLines(), null, _jobs.Drain, Timeout.InfiniteTimeSpan);
        while (_live.Count > 0)
        {
            // Every run wakes the runner when it ends.
            await _wake.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
            _wake.Reader.TryRead(out _);
        }

        await GuardAsync(async () => await _store.ReleaseAsync(_jobs.Owner, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);

        void StopLines()
        {
            foreach (var run in _live.All)
            {
                run.StopLines();
            }
        }
    }

    private async Task GuardAsync(Func<Task> work)
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

    private void LogRecovered(int count)
    {
        if (count > 0)
        {
            LogRecoveredCount(count);
        }
    }

    [LoggerMessage(2231, LogLevel.Information, "{Count} batches that were interrupted go on")]
    private partial void LogRecoveredCount(int count);

    [LoggerMessage(2232, LogLevel.Error, "The storage failed; batches wait until it works again")]
    private partial void LogStorageFailed(Exception exception);

    [LoggerMessage(2233, LogLevel.Error, "Batch {Id} was interrupted by the storage; it goes on when that works again")]
    private partial void LogInterrupted(Exception exception, string id);

    [LoggerMessage(2234, LogLevel.Error, "Batch {Id} was interrupted by an unhandled exception; it is tried again")]
    private partial void LogDefect(Exception exception, string id);
}
