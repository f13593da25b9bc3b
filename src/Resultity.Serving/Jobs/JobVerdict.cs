using Resultity.Contracts.Values;

namespace Resultity.Serving.Jobs;

/// <summary>What is to be recorded of a run that has ended. Pure.</summary>
/// <param name="Result">How the job ends, unless it is tried again.</param>
/// <param name="RetryAt">When it is to be tried again instead.</param>
internal sealed record JobVerdict(JobResult Result, DateTimeOffset? RetryAt = null)
{
    /// <summary>Decides.</summary>
    /// <param name="stop">Why the run was stopped, if it was.</param>
    /// <param name="result">What the kind has returned.</param>
    /// <param name="job">The job.</param>
    /// <param name="now">The time.</param>
    /// <param name="nodesMayComeBack">An unknown model may be one whose nodes have not dialled in again.</param>
    /// <param name="pause">How long to wait at least before another try.</param>
    /// <returns><see langword="null"/> if nothing is to be recorded: the claim is lost, or the job will be handed back.</returns>
    public static JobVerdict? Decide(JobStop stop, JobResult result, Job job, DateTimeOffset now, bool nodesMayComeBack, TimeSpan pause)
    {
        if (stop == JobStop.Lost)
        {
            return null;
        }

        if (result.Status == JobStatus.Completed)
        {
            return new JobVerdict(result);
        }

        switch (stop)
        {
            case JobStop.Shutdown:
                return null;
            case JobStop.Cancelled:
                return new JobVerdict(result with { Status = JobStatus.Cancelled, Fault = null });
            default:
                break;
        }

        // The pipeline's timer may be a moment ahead of the clock; it has no other deadline than the job's.
        if (now >= job.Deadline || result.Fault is { Kind: FaultKind.DeadlineExceeded })
        {
            return new JobVerdict(result with { Status = JobStatus.Expired });
        }

        // A durable request waits for capacity where a synchronous one is refused, but not once it has had a part of an answer.
        return result.Body.IsEmpty && (IsRefusal(result.Fault) || (nodesMayComeBack && result.Fault is { Code: "model_not_found" }))
            ? new JobVerdict(result, now + (result.Fault!.RetryAfter is { } after && after > pause ? after : pause))
            : new JobVerdict(result);
    }

    private static bool IsRefusal(Fault? fault) => fault is { Kind: FaultKind.Unavailable or FaultKind.RateLimited };
}
