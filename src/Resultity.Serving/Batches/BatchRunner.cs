using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Batches;

/// <summary>Runs the batches of the store: claims them, has each executed, keeps the claims, and hands back what a shutdown interrupts.</summary>
/// <remarks>One claim for a whole batch. What a crash interrupted is claimed again at the next start, or by another gateway when the lease has ended.</remarks>
public sealed partial class BatchRunner : ClaimLoop
{
    /// <summary>For how long a batch that was left to other gateways is theirs alone.</summary>
    private static readonly TimeSpan OthersTurn = TimeSpan.FromSeconds(5);

    private readonly IBatchStore _store;
    private readonly IApiKeyStore _keys;
    private readonly BatchExecution _execution;
    private readonly LiveBatches _live;
    private readonly JobChanges _changes;
    private readonly BatchOptions _options;
    private readonly ILogger<BatchRunner> _logger;
    private readonly PeerModels _peers;
    private readonly ConcurrentDictionary<string, long> _handedOver = new(StringComparer.Ordinal);
    private HashSet<HeldBatch> _strays = [];

    internal BatchRunner(
        IBatchStore store, IApiKeyStore keys, BatchExecution execution, LiveBatches live, JobChanges changes, PeerModels peers, BatchOptions options, JobOptions jobs, TimeProvider time,
        ILogger<BatchRunner> logger)
        : base(jobs, time)
    {
        _store = store;
        _keys = keys;
        _execution = execution;
        _live = live;
        _changes = changes;
        _peers = peers;
        _options = options;
        _logger = logger;
    }

    /// <inheritdoc/>
    private protected override int Running => _live.Count;

    /// <inheritdoc/>
    private protected override async Task RecoverAsync(CancellationToken stopping) =>
        LogRecovered(await _store.ReleaseAsync(Options.Owner, stopping).ConfigureAwait(false));

    /// <inheritdoc/>
    private protected override async Task ClaimAsync(CancellationToken stopping)
    {
        var room = _options.MaxRunning - _live.Count;
        if (room <= 0)
        {
            return;
        }

        var now = Time.GetUtcNow();
        foreach (var batch in await _store.ClaimAsync(Options.Owner, room, now, now + Options.Lease, IsForHere, stopping).ConfigureAwait(false))
        {
            var run = new BatchRun(batch, await CallerOfAsync(batch, stopping).ConfigureAwait(false));
            _live.Add(run);
            _ = RunAsync(run);
        }
    }

    /// <summary>Whether this gateway's nodes have something to do for a batch. Lines for several models are looked at when the batch is claimed.</summary>
    private bool IsForHere(FreeBatch batch)
    {
        if (_handedOver.TryGetValue(batch.Id, out var since))
        {
            if (Time.GetElapsedTime(since) < OthersTurn)
            {
                return false;
            }

            _handedOver.TryRemove(batch.Id, out _);
        }

        return batch.Model is null || !_peers.BelongsToOthers(batch.Namespace, batch.Model);
    }

    private async ValueTask<Caller?> CallerOfAsync(Batch batch, CancellationToken stopping)
    {
        var key = await _keys.GetAsync(batch.KeyId, stopping).ConfigureAwait(false);
        return key is not null && key.IsValidAt(Time.GetUtcNow()) ? key.ToCaller().In(SubcloudNamespace.SubcloudOf(batch.Namespace)) : null;
    }

    private async Task RunAsync(BatchRun run)
    {
        await Task.Yield();
        try
        {
            await _execution.RunAsync(run).ConfigureAwait(false);
            if (run.IsForOthers)
            {
                _handedOver[run.Batch.Id] = Time.GetTimestamp();
                await _store.ReleaseAsync(run.Batch.Id, run.Batch.Attempt, CancellationToken.None).ConfigureAwait(false);
            }
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
            RunEnded(makesRoom: true);
        }
    }

    /// <summary>A claim that came to nothing is handed back, but not to be taken up again at once.</summary>
    private async ValueTask PauseAsync(BatchRun run)
    {
        await Task.Delay(Tick, Time).ConfigureAwait(false);
        await GuardAsync(() => _store.ReleaseAsync(run.Batch.Id, run.Batch.Attempt, CancellationToken.None).AsTask()).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    private protected override async Task RenewAsync(CancellationToken stopping)
    {
        var runs = _live.All.ToList();
        var held = (await _store.RenewAsync(Options.Owner, Time.GetUtcNow() + Options.Lease, stopping).ConfigureAwait(false)).ToDictionary(static claim => claim.Id);
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

        // Nobody runs these, and nobody did at the last renewal: a failing store can cut a claim short.
        foreach (var stray in held.Values.Where(_strays.Contains))
        {
            await _store.ReleaseAsync(stray.Id, stray.Attempt, stopping).ConfigureAwait(false);
        }

        _strays = [.. held.Values];
    }

    /// <inheritdoc/>
    private protected override void BeginDrain()
    {
        foreach (var run in _live.All)
        {
            run.Stop(JobStop.Shutdown);
        }
    }

    /// <inheritdoc/>
    private protected override void EndDrain()
    {
        foreach (var run in _live.All)
        {
            run.StopLines();
        }
    }

    /// <inheritdoc/>
    private protected override async Task HandBackAsync() => await _store.ReleaseAsync(Options.Owner, CancellationToken.None).ConfigureAwait(false);

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
    private protected override partial void LogStorageFailed(StorageException exception);

    [LoggerMessage(2233, LogLevel.Error, "Batch {Id} was interrupted by the storage; it goes on when that works again")]
    private partial void LogInterrupted(Exception exception, string id);

    [LoggerMessage(2234, LogLevel.Error, "Batch {Id} was interrupted by an unhandled exception; it is tried again")]
    private partial void LogDefect(Exception exception, string id);
}
