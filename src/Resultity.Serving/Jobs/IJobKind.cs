namespace Resultity.Serving.Jobs;

/// <summary>How jobs of one kind are run: what is made of the stored body, and what is recorded as the answer.</summary>
/// <remarks>
/// The kinds are registered as services; the runner finds them by <see cref="Name"/>. A slice whose answers have a shape of their own, such as
/// background responses, adds one; plain requests are <see cref="RequestJobKind"/>.
/// </remarks>
public interface IJobKind
{
    /// <summary>The name under which jobs of this kind are stored; it never changes.</summary>
    string Name { get; }

    /// <summary>The paths whose requests are run by this kind where they come by themselves, as the lines of a batch do.</summary>
    IReadOnlyCollection<string> Paths { get; }

    /// <summary>Runs a job to its end.</summary>
    /// <param name="run">The job, its body, and where to report.</param>
    /// <param name="cancellation">Fires on a cancel, on the loss of the claim and on shutdown. The kind stops its work, and then returns what there
    /// is or throws <see cref="OperationCanceledException"/>; the runner knows the reason and records accordingly.</param>
    /// <returns>What is to be recorded. A fault is a result as well; an exception is recorded as an internal error.</returns>
    /// <remarks>May be called again for the same job after a crash: what it does beside the result must bear repetition.</remarks>
    ValueTask<JobResult> RunAsync(JobRun run, CancellationToken cancellation);
}
