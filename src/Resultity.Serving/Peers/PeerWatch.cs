using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Batches;
using Resultity.Serving.Catalog;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Peers;

/// <summary>Keeps this gateway and those that share its storage informed of each other: what each serves, and what has happened to jobs.</summary>
/// <remarks>Without others it does next to nothing.</remarks>
public sealed partial class PeerWatch(
    IGatewayStore gateways, IGatewaySignals signals, PeerModels models, ModelCatalog catalog, IJobStore jobs, IBatchStore batches, JobRunner runner, JobChanges changes, LiveJobs live, LiveBatches liveBatches,
    JobOptions options, TimeProvider time, ILogger<PeerWatch> logger)
    : BackgroundService
{
    private const string JobTopic = "job";
    private const string WorkTopic = "work";

    /// <summary>Signals are short; work for a longer name is told of without it.</summary>
    private const int MaxModelName = 200;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>A gateway that was not seen for this long is gone, or cut off from the storage.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>For how long what a gateway served is remembered when it is gone.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromDays(1);

    private HashSet<string> _alive = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var ofJobs = signals.Subscribe(JobTopic, Receive);
        using var ofWork = signals.Subscribe(WorkTopic, WakeFor);
        changes.Raised += Tell;
        changes.Submitted += TellWork;
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                await GuardAsync(() => LookAsync(stoppingToken)).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
        finally
        {
            changes.Raised -= Tell;
            changes.Submitted -= TellWork;
        }

        // Its nodes will come back, here or elsewhere; until then others may have its jobs.
        await GuardAsync(() => TellOfSelfAsync(time.GetUtcNow() - Silence, CancellationToken.None)).ConfigureAwait(false);
        signals.Publish(WorkTopic, "");
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var own = await TellOfSelfAsync(now, cancellation).ConfigureAwait(false);
        var others = (await gateways.ListAsync(now - Memory, cancellation).ConfigureAwait(false)).Where(gateway => gateway.Id != options.Owner).ToList();
        models.Update(own, others, now - Silence);
        var alive = others.Where(gateway => gateway.SeenAt >= now - Silence).Select(static gateway => gateway.Id).ToHashSet(StringComparer.Ordinal);
        if (!alive.SetEquals(_alive))
        {
            LogPeers(alive.Count);
            _alive = alive;

            // One that has died may not have told all that it did.
            changes.RaiseAll();
            runner.Wake();
        }
    }

    private async Task<IReadOnlyCollection<string>> TellOfSelfAsync(DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var own = catalog.Offered();
        await gateways.PutAsync(new PeerGateway(options.Owner, [.. own], seenAt), cancellation).ConfigureAwait(false);
        return own;
    }

    private void Tell(string id)
    {
        if (models.Others > 0)
        {
            signals.Publish(JobTopic, id);
        }
    }

    private void TellWork(string model)
    {
        if (models.Others > 0)
        {
            signals.Publish(WorkTopic, model.Length <= MaxModelName ? model : "");
        }
    }

    private void WakeFor(string model)
    {
        if (model.Length == 0)
        {
            runner.Wake();
        }
        else
        {
            runner.Wake(model);
        }
    }

    private void Receive(string id)
    {
        if (id.Length == 0)
        {
            changes.RaiseAll();
            return;
        }

        changes.RaiseHere(id);
        if (live.TryFind(id, out var run))
        {
            _ = GuardAsync(() => StopIfAskedAsync(run));
        }
        else if (liveBatches.TryFind(id, out var batch))
        {
            _ = GuardAsync(() => StopIfAskedAsync(batch));
        }
    }

    /// <summary>Stops a run that another gateway's client has cancelled or deleted.</summary>
    private async Task StopIfAskedAsync(JobRun run)
    {
        var job = await jobs.GetAsync(run.Job.Namespace, run.Job.Id, CancellationToken.None).ConfigureAwait(false);
        if (job is null || job.Attempt != run.Job.Attempt || job.Status.IsFinal())
        {
            run.Stop(JobStop.Lost);
        }
        else if (job.Status == JobStatus.Cancelling)
        {
            run.Stop(JobStop.Cancelled);
        }
    }

    /// <summary>Stops a batch that another gateway's client has cancelled.</summary>
    private async Task StopIfAskedAsync(BatchRun run)
    {
        if (await batches.GetAsync(run.Batch.Namespace, run.Batch.Id, CancellationToken.None).ConfigureAwait(false) is { Status: BatchStatus.Cancelling })
        {
            run.Stop(JobStop.Cancelled);
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

    [LoggerMessage(2121, LogLevel.Information, "{Count} other gateways share this storage")]
    private partial void LogPeers(int count);

    [LoggerMessage(2122, LogLevel.Error, "The storage failed; other gateways are not heard of until it works again")]
    private partial void LogStorageFailed(Exception exception);
}
