using System.Globalization;
using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Videos;

/// <summary>Jobs that make a video: the pipeline's answer is read to its end, its progress told on the way, and both files kept as one answer.</summary>
/// <param name="reader">Reads the stored request.</param>
/// <param name="pipeline">Runs it.</param>
/// <param name="options">Says how large an answer may be.</param>
/// <param name="lines">Runs the lines of batches.</param>
internal sealed class VideoJobKind(IRequestReader reader, InferencePipeline pipeline, PipelineOptions options, VideoLines lines) : IJobKind
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "video";

    /// <summary>A video that a node did not bring to its end is begun anew on another, so often in all.</summary>
    private const int MostTries = 3;

    /// <inheritdoc/>
    public string Name => KindName;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Paths { get; } = [InferenceEndpoint.Videos.Path];

    /// <inheritdoc/>
    public async ValueTask<JobResult> RunAsync(JobRun run, CancellationToken cancellation)
    {
        if (run.LineId is { } line)
        {
            return await lines.RunAsync(run, line, cancellation);
        }

        for (var tries = 1; ; tries++)
        {
            if ((await MakeAsync(run, cancellation)).TryGet(out var result, out var fault))
            {
                return result;
            }

            if (!fault.OtherNodeMayAnswer || tries == MostTries)
            {
                return Failed(run, fault);
            }

            run.Progress = 0;
        }
    }

    private async ValueTask<Outcome<JobResult>> MakeAsync(JobRun run, CancellationToken cancellation)
    {
        var job = run.Job;
        var stored = new StoredRequest(job.Id, job.Endpoint, job.ContentType, run.Body, run.Caller) { Deadline = job.Deadline };
        if (!reader.Read(stored).TryGet(out var request, out var fault))
        {
            return fault;
        }

        run.Observe(request);
        if (!(await pipeline.StartAsync(request, cancellation)).TryGet(out var stream, out fault))
        {
            return fault;
        }

        await using (stream)
        {
            var intake = new VideoIntake(options.MaxAnswerBytes);
            while (await stream.WaitAsync(cancellation))
            {
                while (stream.TryRead(out var next))
                {
                    if (!next.IsSeam && intake.Add(next.Data) is { } garbage)
                    {
                        return garbage;
                    }
                }

                Tell(run, intake.Progress);
            }

            if (stream.Fault is { } broken)
            {
                return broken;
            }

            return intake.End(job.Id).TryGet(out var parcel, out fault)
                ? new JobResult { Status = JobStatus.Completed, ContentType = VideoParcel.ContentType, Body = parcel.ToBytes(), Attempts = run.Attempts, Usage = stream.Usage }
                : fault;
        }
    }

    private static void Tell(JobRun run, int? progress)
    {
        if (progress is { } percent && percent != run.Progress)
        {
            run.Progress = percent;
            run.Output.Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"type":"video.progress","progress":{{percent}}}""")));
        }
    }

    private static JobResult Failed(JobRun run, Fault fault) => new() { Status = JobStatus.Failed, Fault = fault, Attempts = run.Attempts };
}
