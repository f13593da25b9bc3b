using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Serving.Metering;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Jobs;

/// <summary>Runs the jobs of the store: claims as many as the nodes can be kept busy with, runs each by its kind, and records how it ended.</summary>
/// <remarks>
/// A job runs at least once and ends exactly once: the store takes only the latest claim's result. What a crash interrupted is found again at
/// the next start; what a shutdown interrupts is handed back.
/// </remarks>
public sealed partial class JobRunner(
    IJobStore store, IApiKeyStore keys, IEnumerable<IJobKind> kinds, JobChanges changes, LiveJobs live, JobOptions options, IUsageRecorder meter,
    IUsageStore ledger, PeerModels peers, TimeProvider time, ILogger<JobRunner> logger)
    : ClaimLoop(options, time)
{
    /// <summary>A claim holds up every other write, so it takes no more than this.</summary>
    private const int MostAtOnce = 128;

    private readonly Dictionary<string, IJobKind> _kinds = kinds.ToDictionary(static kind => kind.Name, StringComparer.Ordinal);
    private HashSet<HeldClaim> _strays = [];
    private long _startedAt;

    /// <inheritdoc/>
    private protected override int Running => live.Count;

    /// <summary>Says that there may be a job for a model. If enough of that model's wait here already, it is looked for when there are fewer.</summary>
    public void Wake(string model)
    {
        if (HasRoom(model))
        {
            Wake();
        }
    }

    /// <inheritdoc/>
    private protected override async Task RecoverAsync(CancellationToken stopping)
    {
        _startedAt = Time.GetTimestamp();
        LogRecovered(await store.ReleaseAsync(Options.Owner, Time.GetUtcNow(), stopping).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    private protected override async Task ClaimAsync(CancellationToken stopping)
    {
        var free = Options.MaxRunning - live.Count;
        if (free <= 0)
        {
            return;
        }

        var room = new ClaimRoom(Math.Min(free, MostAtOnce), Options.MaxWaitingPerModel)
        {
            Waiting = live.Waiting(),
            Takes = (@namespace, model) => !peers.BelongsToOthers(@namespace, model),
        };

        var now = Time.GetUtcNow();
        var jobs = await store.ClaimAsync(Options.Owner, room, now, now + Options.Lease, stopping).ConfigureAwait(false);
        var known = new Dictionary<string, ApiKey?>(StringComparer.Ordinal);
        foreach (var (job, reading) in jobs.Select(job => (job, ReadBodyAsync(job, stopping))).ToList())
        {
            var (body, fault) = await reading.ConfigureAwait(false);
            if (!known.TryGetValue(job.KeyId, out var key))
            {
                known[job.KeyId] = key = await keys.GetAsync(job.KeyId, stopping).ConfigureAwait(false);
            }

            var caller = key is not null && key.IsValidAt(now) ? key.ToCaller().In(SubcloudNamespace.SubcloudOf(job.Namespace)) : null;
            if (body is null && fault is null)
            {
                // Deleted since the claim.
                continue;
            }

            var run = new JobRun(job, body ?? default, caller ?? new() { KeyId = job.KeyId, Namespace = job.Namespace }, new JobOutput(Options.MaxOutputBytes), MarkStarted);
            live.Add(run);
            _ = RunAsync(run, fault ?? (caller is null ? KeyInvalid : null));
        }

        if (jobs.Count == room.Count)
        {
            Wake();
        }
    }

    /// <summary>Reads a body. One that is damaged ends its own job and holds up no other.</summary>
    private async Task<(ReadOnlyMemory<byte>? Body, Fault? Fault)> ReadBodyAsync(Job job, CancellationToken cancellation)
    {
        try
        {
            return (await store.ReadBodyAsync(job.Id, cancellation).ConfigureAwait(false), null);
        }
        catch (StorageException damaged) when (damaged.Fault.Kind == FaultKind.Internal)
        {
            LogDamaged(damaged, job.Id);
            return (null, damaged.Fault);
        }
    }

    private async Task RunAsync(JobRun run, Fault? refusal)
    {
        await Task.Yield();
        var job = run.Job;
        try
        {
            var result = refusal is null ? await ExecuteAsync(run).ConfigureAwait(false) : run.Fail(refusal);
            if (run.Started is { } started && !await started.ConfigureAwait(false))
            {
                run.Stop(JobStop.Lost);
            }

            if (!await RecordAsync(run, result with { Usage = run.Usage.Total, Charges = run.Usage.Entries }).ConfigureAwait(false))
            {
                await GuardAsync(() => ChargeAsync(run)).ConfigureAwait(false);
            }
        }
        finally
        {
            run.Output.End();
            var wasFull = live.Count >= Options.MaxRunning;
            live.Remove(run);
            changes.Raise(job.Id);
            RunEnded(wasFull || HasRoom(job.Model));
        }
    }

    private async ValueTask<JobResult> ExecuteAsync(JobRun run)
    {
        if (!_kinds.TryGetValue(run.Job.Kind, out var kind))
        {
            return run.Fail(new Fault(FaultKind.Internal, "unknown_job_kind", "This gateway's version cannot run requests of this kind."));
        }

        try
        {
            return await kind.RunAsync(run, run.StopToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (run.StopReason != JobStop.None)
        {
            return run.Fail(Fault.Cancelled);
        }
#pragma warning disable CA1031 // A kind's defect ends its job, not the runner.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogKindFailed(exception, run.Job.Id, run.Job.Kind);
            return run.Fail(new Fault(FaultKind.Internal, "internal_error", $"The gateway failed to handle this request. Its identifier is {run.Job.Id}."));
        }
    }

    /// <returns>Whether the result is recorded.</returns>
    private async ValueTask<bool> RecordAsync(JobRun run, JobResult result)
    {
        var job = run.Job;
        var now = Time.GetUtcNow();
        if (JobVerdict.Decide(run.StopReason, result, job, now, MayStillCome(job), Options.RetryPause) is not { } verdict)
        {
            return false;
        }

        while (true)
        {
            try
            {
                return (verdict.RetryAt is not { } at || !await store.DeferAsync(job.Id, job.Attempt, at, verdict.Result.Fault!, CancellationToken.None).ConfigureAwait(false))
                    && await store.FinishAsync(job.Id, job.Attempt, verdict.Result, now, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StorageException exception) when (run.StopReason != JobStop.Shutdown)
            {
                // The work is done; what is missing is a place to write it to.
                LogNotRecorded(exception, job.Id);
                await Task.Delay(Tick, Time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Charges a run without a result: a job that was deleted while it ran costs what it used; any other runs again, or another run has ended it.</summary>
    private async Task ChargeAsync(JobRun run)
    {
        var job = run.Job;
        if (run.Usage.Total != default && await store.GetAsync(job.Namespace, job.Id, CancellationToken.None).ConfigureAwait(false) is null)
        {
            await ledger.AppendAsync([UsagePosting.Of(job.Id, run.Usage.Entries, Time.GetUtcNow())], CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            run.Usage.PassUncharged(meter);
        }
    }

    private void MarkStarted(JobRun run)
    {
        lock (run)
        {
            run.Started ??= StartAsync();
        }

        async Task<bool> StartAsync()
        {
            live.WaitsNoMore(run);
            Wake(run.Job.Model);
            try
            {
                var holds = await store.StartAsync(run.Job.Id, run.Job.Attempt, Time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
                if (!holds)
                {
                    run.Stop(JobStop.Lost);
                }

                changes.Raise(run.Job.Id);
                return holds;
            }
            catch (StorageException exception)
            {
                // The claim holds as far as anybody knows; the result's record will tell.
                LogNotRecorded(exception, run.Job.Id);
                return true;
            }
        }
    }

    /// <summary>Half of what may wait: claims are made for several jobs at a time, and the nodes have work meanwhile.</summary>
    private bool HasRoom(string model) => live.WaitingFor(model) <= Options.MaxWaitingPerModel / 2;

    /// <inheritdoc/>
    private protected override async Task RenewAsync(CancellationToken stopping)
    {
        var runs = live.All.ToList();
        var now = Time.GetUtcNow();
        var held = (await store.RenewAsync(Options.Owner, now + Options.Lease, stopping).ConfigureAwait(false)).ToDictionary(static claim => claim.Id);
        foreach (var run in runs)
        {
            if (!held.Remove(run.Job.Id, out var claim) || claim.Attempt != run.Job.Attempt)
            {
                run.Stop(JobStop.Lost);
            }
            else if (claim.Status == JobStatus.Cancelling)
            {
                run.Stop(JobStop.Cancelled);
            }
        }

        // Nobody runs these, and nobody did at the last renewal: a failing store can cut a claim short.
        foreach (var stray in held.Values.Where(_strays.Contains))
        {
            await store.DeferAsync(stray.Id, stray.Attempt, now, Interrupted, stopping).ConfigureAwait(false);
        }

        _strays = [.. held.Values];
    }

    /// <inheritdoc/>
    private protected override void BeginDrain() => Stop(live.All.Where(static run => !run.HasStarted));

    /// <inheritdoc/>
    private protected override void EndDrain() => Stop(live.All);

    /// <inheritdoc/>
    private protected override async Task HandBackAsync() => await store.ReleaseAsync(Options.Owner, Time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);

    private static void Stop(IEnumerable<JobRun> runs)
    {
        foreach (var run in runs)
        {
            run.Stop(JobStop.Shutdown);
        }
    }

    /// <summary>Whether a model's nodes may not have dialled in again since the start, or since another gateway went away.</summary>
    private bool MayStillCome(Job job) => Time.GetElapsedTime(_startedAt) < Options.NodesReturn || peers.IsKnownElsewhere(job.Namespace, job.Model);

    private static Fault Interrupted { get; } = new(FaultKind.Unavailable, "storage_unavailable", "The gateway's storage was interrupted.");

    internal static Fault KeyInvalid { get; } = new(
        FaultKind.Authentication, "invalid_api_key", "The API key that this request was submitted with is not valid any more.");
}
