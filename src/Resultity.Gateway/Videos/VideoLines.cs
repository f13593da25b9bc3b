using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary>Runs lines of batches that make videos. Each becomes a durable request of its own, whose video can be fetched by its identifier; the line's answer is the video's object.</summary>
/// <remarks>The request charges what it uses, so the line itself costs nothing more.</remarks>
/// <param name="jobs">Gives the durable requests; they are run by kinds, of which one is the owner of this, so they are asked for late.</param>
/// <param name="json">Writes the objects.</param>
internal sealed class VideoLines(Func<JobQueue> jobs, VideoJson json)
{
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);
    private static readonly Fault Gone = new(FaultKind.Conflict, "video_deleted", "The video was deleted before it was complete.");

    /// <summary>Runs a line to its end. A line that runs again waits for the video that it began before.</summary>
    public async ValueTask<JobResult> RunAsync(JobRun run, string lineId, CancellationToken cancellation)
    {
        var queue = jobs();
        var id = VideoIds.RequestOfLine(run.Job, lineId);
        var ns = run.Job.Namespace;
        if (await queue.GetAsync(ns, id, cancellation) is null)
        {
            if (!VideoFacts.Read(run.Body, run.Job.ContentType).TryGet(out var facts, out var fault))
            {
                return Failed(fault);
            }

            await queue.SubmitAsync(
                new JobSubmission
                {
                    Id = id,
                    Kind = VideoJobKind.KindName,
                    Caller = run.Caller,
                    Endpoint = run.Job.Endpoint,
                    Model = run.Job.Model,
                    ContentType = run.Job.ContentType,
                    Body = run.Body,
                    Deadline = run.Job.Deadline,
                    Metadata = facts.ToMetadata(),
                },
                cancellation);
        }

        try
        {
            while (true)
            {
                var job = await queue.WaitAsync(ns, id, Wait, cancellation);
                if (job is null || job.Status.IsFinal())
                {
                    return job is null ? Failed(Gone) : job.Status == JobStatus.Completed
                        ? new JobResult { Status = JobStatus.Completed, Body = json.One(job), Attempts = job.Attempts }
                        : Failed(VideoJson.FaultOf(job)) with { Status = job.Status == JobStatus.Expired ? JobStatus.Expired : JobStatus.Failed };
                }
            }
        }
        catch (OperationCanceledException) when (!run.IsHandedOver())
        {
            await queue.CancelAsync(ns, id, CancellationToken.None);
            throw;
        }
    }

    private static JobResult Failed(Fault fault) => new() { Status = JobStatus.Failed, Fault = fault };
}
