using System.Buffers;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Jobs;

/// <summary>Jobs that are a request to an inference endpoint, answered as the endpoint answers it.</summary>
public sealed class RequestJobKind(IRequestReader reader, InferencePipeline pipeline) : IJobKind
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "request";

    /// <inheritdoc/>
    public string Name => KindName;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Paths { get; } = [.. InferenceEndpoint.All.Where(static endpoint => endpoint != InferenceEndpoint.Videos).Select(static endpoint => endpoint.Path)];

    /// <inheritdoc/>
    public async ValueTask<JobResult> RunAsync(JobRun run, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        var job = run.Job;
        var stored = new StoredRequest(job.Id, job.Endpoint, job.ContentType, run.Body, run.Caller) { Deadline = job.Deadline };
        if (!reader.Read(stored).TryGet(out var request, out var fault))
        {
            return run.Fail(fault);
        }

        run.Observe(request);
        if (!(await pipeline.StartAsync(request, cancellation).ConfigureAwait(false)).TryGet(out var stream, out fault))
        {
            return run.Fail(fault);
        }

        await using (stream.ConfigureAwait(false))
        {
            return stream.IsEventStream ? await StreamAsync(run, stream, cancellation).ConfigureAwait(false)
                : stream.IsBinary ? await CollectAsync(run, stream, cancellation).ConfigureAwait(false)
                : new JobResult { Status = JobStatus.Completed, ContentType = stream.ContentType, Body = stream.Body.ToArray(), Attempts = run.Attempts, Usage = stream.Usage };
        }
    }

    private async ValueTask<JobResult> CollectAsync(JobRun run, InferenceAnswer stream, CancellationToken cancellation)
    {
        var body = new ArrayBufferWriter<byte>();
        while (await stream.WaitAsync(cancellation).ConfigureAwait(false))
        {
            while (stream.TryRead(out var piece))
            {
                if (body.WrittenCount + piece.Data.Length > pipeline.Options.MaxAnswerBytes)
                {
                    return run.Fail(new Fault(FaultKind.BadNodeAnswer, "answer_too_large", "The answer is larger than the gateway keeps for a request."));
                }

                body.Write(piece.Data.Span);
            }
        }

        return stream.Fault is { } fault
            ? run.Fail(fault)
            : new JobResult { Status = JobStatus.Completed, ContentType = stream.ContentType, Body = body.WrittenMemory, Attempts = run.Attempts, Usage = stream.Usage };
    }

    private static async ValueTask<JobResult> StreamAsync(JobRun run, InferenceAnswer stream, CancellationToken cancellation)
    {
        var fault = default(Fault);
        while (fault is null && await stream.WaitAsync(cancellation).ConfigureAwait(false))
        {
            while (fault is null && stream.TryRead(out var next))
            {
                if (!next.IsSeam && !run.Output.Append(next.Data.Span))
                {
                    fault = new Fault(FaultKind.BadNodeAnswer, "answer_too_large", "The streamed answer is larger than the gateway keeps for a request.");
                }
            }
        }

        fault ??= stream.Fault;
        if (fault is null)
        {
            run.Output.Append("[DONE]"u8);
        }

        return new JobResult
        {
            Status = fault is null ? JobStatus.Completed : JobStatus.Failed,
            ContentType = JobOutput.ContentType,
            Body = run.Output.ToBody(),
            Fault = fault,
            Attempts = run.Attempts,
            Usage = stream.Usage,
        };
    }
}
