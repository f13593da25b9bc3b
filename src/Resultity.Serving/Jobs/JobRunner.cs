using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
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
    : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>A claim holds up every other write, so it takes no more than this.</summary>
    private const int MostAtOnce = 128;

    private readonly Dictionary<string, IJobKind> _kinds = kinds.ToDictionary(static kind => kind.Name, StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _startedAt;

    /// <summary>Says that there may be something to claim.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        _startedAt = time.GetTimestamp();
        await GuardAsync(async () => LogRecovered(await store.ReleaseAsync(options.Owner, time.GetUtcNow(), stoppingToken).ConfigureAwait(false))).ConfigureAwait(false);
        using (time.CreateTimer(static runner => ((JobRunner)runner!).Wake(), this, Tick, Tick))
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
        var runs = live.All.ToList();
        if (runs.Count >= options.MaxRunning)
        {
            return;
        }

        var room = new ClaimRoom(Math.Min(options.MaxRunning - runs.Count, MostAtOnce), options.MaxWaitingPerModel)
        {
            Waiting = runs.Where(static run => !run.HasStarted).CountBy(static run => run.Job.Model).ToDictionary(StringComparer.Ordinal),
            Takes = (@namespace, model) => !peers.BelongsToOthers(@namespace, model),
        };

        var now = time.GetUtcNow();
        var jobs = await store.ClaimAsync(options.Owner, room, now, now + options.Lease, stopping).ConfigureAwait(false);
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

            var run = new JobRun(job, body ?? default, caller ?? new() { KeyId = job.KeyId, Namespace = job.Namespace }, new JobOutput(options.MaxOutputBytes), MarkStarted);
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
            live.Remove(run);
            changes.Raise(job.Id);
            Wake();
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
        var now = time.GetUtcNow();
        if (JobVerdict.Decide(run.StopReason, result, job, now, MayStillCome(job), options.RetryPause) is not { } verdict)
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
                await Task.Delay(Tick, time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Charges a run without a result: a job that was deleted while it ran costs what it used; any other runs again, or another run has ended it.</summary>
    private async Task ChargeAsync(JobRun run)
    {
        var job = run.Job;
        if (run.Usage.Total != default && await store.GetAsync(job.Namespace, job.Id, CancellationToken.None).ConfigureAwait(false) is null)
        {
            await ledger.AppendAsync([UsagePosting.Of(job.Id, run.Usage.Entries, time.GetUtcNow())], CancellationToken.None).ConfigureAwait(false);
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
            Wake();
            try
            {
                var holds = await store.StartAsync(run.Job.Id, run.Job.Attempt, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
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

    private async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(options.Lease / 3, time);
        HashSet<HeldClaim> strays = [];
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

    /// <summary>Renews the leases, and stops the runs that have lost theirs.</summary>
    /// <param name="strays">Claims that nobody ran at the last renewal: a failing store can cut a claim short. They are handed back now.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>The claims that nobody runs.</returns>
    private async Task<HashSet<HeldClaim>> RenewAsync(HashSet<HeldClaim> strays, CancellationToken stopping)
    {
        var runs = live.All.ToList();
        var now = time.GetUtcNow();
        var held = (await store.RenewAsync(options.Owner, now + options.Lease, stopping).ConfigureAwait(false)).ToDictionary(static claim => claim.Id);
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

        foreach (var stray in held.Values.Where(strays.Contains))
        {
            await store.DeferAsync(stray.Id, stray.Attempt, now, Interrupted, stopping).ConfigureAwait(false);
        }

        return [.. held.Values];
    }

    private async Task DrainAsync()
    {
        foreach (var run in live.All.Where(static run => !run.HasStarted))
        {
            run.Stop(JobStop.Shutdown);
        }

        using var drain = time.CreateTimer(_ => StopAll(), null, options.Drain, Timeout.InfiniteTimeSpan);
        while (live.Count > 0)
        {
            // Every run wakes the runner when it ends.
            await _wake.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
            _wake.Reader.TryRead(out _);
        }

        await GuardAsync(async () => await store.ReleaseAsync(options.Owner, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);

        void StopAll()
        {
            foreach (var run in live.All)
            {
                run.Stop(JobStop.Shutdown);
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

    /// <summary>Whether a model's nodes may not have dialled in again since the start, or since another gateway went away.</summary>
    private bool MayStillCome(Job job) => time.GetElapsedTime(_startedAt) < options.NodesReturn || peers.IsKnownElsewhere(job.Namespace, job.Model);

    private static Fault Interrupted { get; } = new(FaultKind.Unavailable, "storage_unavailable", "The gateway's storage was interrupted.");

    internal static Fault KeyInvalid { get; } = new(
        FaultKind.Authentication, "invalid_api_key", "The API key that this request was submitted with is not valid any more.");
}
