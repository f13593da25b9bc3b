using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Serving.Stores;

/// <summary>Which jobs are wanted. What is <see langword="null"/> is not filtered.</summary>
/// <param name="Namespace">Whose jobs.</param>
/// <param name="Page">Which part of the list, by time of creation.</param>
public sealed record JobFilter(string Namespace, PageQuery Page)
{
    /// <summary>Only jobs in this status.</summary>
    public JobStatus? Status { get; init; }

    /// <summary>Only jobs that were submitted to this path.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Only jobs that name this model.</summary>
    public string? Model { get; init; }
}

/// <summary>An answer as it was recorded.</summary>
/// <param name="ContentType">Its content type.</param>
/// <param name="Body">Its bytes, which belong to the caller.</param>
public sealed record JobAnswer(string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>How many jobs a runner has room for.</summary>
/// <param name="Count">The most jobs wanted.</param>
/// <param name="PerModel">The most jobs of one model that may wait for a node.</param>
public sealed record ClaimRoom(int Count, int PerModel)
{
    /// <summary>How many jobs of a model the runner has waiting for a node already.</summary>
    public IReadOnlyDictionary<string, int> Waiting { get; init; } = new Dictionary<string, int>();

    /// <summary>Whether the runner takes a namespace's jobs for a model; others may be left to other gateways.</summary>
    public Func<string, string, bool> Takes { get; init; } = static (_, _) => true;

    /// <summary>The room for jobs of one model.</summary>
    public int Of(string model) => PerModel - Waiting.GetValueOrDefault(model);
}

/// <summary>A claim that is in force.</summary>
/// <param name="Id">The job's identifier.</param>
/// <param name="Attempt">The claim's number.</param>
/// <param name="Status">The job's status.</param>
public readonly record struct HeldClaim(string Id, int Attempt, JobStatus Status);

/// <summary>The durable requests.</summary>
/// <remarks>
/// <para>Safe for concurrent use. A write that has returned survives a power loss; many writes that wait share one commit.
/// Cancelling the wait for a write does not undo it.</para>
/// <para>A claim gives its owner the right to run a job until the lease ends. Every claim raises <see cref="Job.Attempt"/>, and what a claim
/// records is accepted only while its number is the latest and the job is not finished: so a job may run twice, but ends once.</para>
/// </remarks>
public interface IJobStore : IBlobOwner
{
    /// <summary>Accepts a job. The bytes must not change before this returns.</summary>
    ValueTask AddAsync(Job job, ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary>Reads one job of a namespace.</summary>
    ValueTask<Job?> GetAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Lists jobs of a namespace.</summary>
    ValueTask<Page<Job>> ListAsync(JobFilter filter, CancellationToken cancellation);

    /// <summary>Counts the jobs of a namespace that nobody runs yet.</summary>
    /// <param name="namespace">Whose jobs.</param>
    /// <param name="atMost">Counts no further than this.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<int> CountWaitingAsync(string @namespace, int atMost, CancellationToken cancellation);

    /// <summary>Reads the body that a job was submitted with; <see langword="null"/> if the job is gone.</summary>
    ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(string id, CancellationToken cancellation);

    /// <summary>Reads the answer of a finished job; <see langword="null"/> if there is none.</summary>
    ValueTask<JobAnswer?> ReadAnswerAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Claims jobs that nobody runs: queued ones, and ones whose lease has ended. Those that have waited longest come first, taking turns between namespaces; a model without room holds up no other.</summary>
    /// <param name="owner">Who claims.</param>
    /// <param name="room">The most jobs wanted.</param>
    /// <param name="now">Jobs whose deadline has passed are left for <see cref="ExpireAsync"/>.</param>
    /// <param name="leaseUntil">From then on others may claim them, unless the lease is renewed.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<Job>> ClaimAsync(string owner, ClaimRoom room, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellation);

    /// <summary>Records that a node has a claimed job.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest, or a cancel came first: then the job must be stopped.</returns>
    ValueTask<bool> StartAsync(string id, int attempt, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Records how a claimed job ended.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest or the job is finished already; nothing is recorded then.</returns>
    ValueTask<bool> FinishAsync(string id, int attempt, JobResult result, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Hands one claimed job back, to be claimed again no sooner than an instant. Until it starts, <see cref="Job.Fault"/> says why.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest, or the job is finished or being cancelled; nothing is changed then.</returns>
    ValueTask<bool> DeferAsync(string id, int attempt, DateTimeOffset until, Fault reason, CancellationToken cancellation);

    /// <summary>Prolongs the leases of every job that an owner has claimed.</summary>
    /// <returns>What it holds. A run that is not among these has lost its claim, and one that is <see cref="JobStatus.Cancelling"/> is to be stopped.</returns>
    ValueTask<IReadOnlyList<HeldClaim>> RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation);

    /// <summary>Hands back every job that an owner has claimed: it waits for a new claim, and is cancelled if a cancel was asked for.</summary>
    /// <returns>How many were handed back.</returns>
    ValueTask<int> ReleaseAsync(string owner, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Asks for a job to be cancelled: a queued one is <see cref="JobStatus.Aborted"/> at once, a running one is <see cref="JobStatus.Cancelling"/>; a finished one stays.</summary>
    /// <returns>The job as it is now, or <see langword="null"/> if there is none.</returns>
    ValueTask<Job?> CancelAsync(string @namespace, string id, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Ends jobs whose deadline has passed while nobody ran them.</summary>
    /// <returns>The jobs that are <see cref="JobStatus.Expired"/> now; fewer than <paramref name="limit"/> means that none is left.</returns>
    ValueTask<IReadOnlyList<Job>> ExpireAsync(DateTimeOffset now, int limit, CancellationToken cancellation);

    /// <summary>Deletes a job with its body and answer, in whatever status it is; who runs it cannot record anything any more.</summary>
    /// <returns>The job as it was, or <see langword="null"/> if there is none.</returns>
    ValueTask<Job?> DeleteAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Deletes some of the finished jobs whose retention has ended.</summary>
    /// <returns>How many were deleted; fewer than <paramref name="limit"/> means that none is left.</returns>
    ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation);
}
