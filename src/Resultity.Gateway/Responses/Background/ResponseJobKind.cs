using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses.Background;

/// <summary>Jobs that are a response: run through the same pipeline, stored as a response, answered as the synchronous call would be.</summary>
/// <remarks>
/// The response's object is written when it ends; until then its status is the job's. A refusal that the runner may try again leaves no trace in it.
/// </remarks>
internal sealed class ResponseJobKind(ResponseArchive archive, ResponseIntake intake, ResponseStart start, TimeProvider time) : IJobKind
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "response";

    /// <inheritdoc/>
    public string Name => KindName;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Paths { get; } = [ResponseEndpoints.Path];

    /// <inheritdoc/>
    public async ValueTask<JobResult> RunAsync(JobRun run, CancellationToken cancellation)
    {
        if (!ResponseRequestReader.Read(run.Body.Span).TryGet(out var request, out var fault)
            || !(await PrepareAsync(run, request, cancellation)).TryGet(out var prepared, out fault))
        {
            return Failed(run, fault);
        }

        using var events = request.Stream ? new ResponseEventBuffer() : null;
        var assembly = new ResponseAssembly(prepared.State, events, time);
        if (request.Background)
        {
            assembly.Queue();
        }

        if (!Publish(events, run.Output)
            || !(await start.StartAsync(prepared, run.Observe, cancellation)).TryGet(out var stream, out fault))
        {
            return Failed(run, fault ?? TooLarge);
        }

        Usage usage;
        await using (stream)
        {
            assembly.Begin();
            fault = stream.IsEventStream ? await PumpAsync(stream, assembly, events, run.Output, cancellation) : assembly.Add(stream.Body);
            usage = stream.Usage;
        }

        if (fault is { Kind: FaultKind.Cancelled })
        {
            // Whether this is the end, or another run follows, is the runner's to know.
            return Failed(run, fault) with { Usage = usage };
        }

        assembly.End(fault, usage);
        if (request.Store)
        {
            await archive.PutAsync(prepared, CancellationToken.None);
        }

        assembly.Announce();
        return Publish(events, run.Output) ? Result(run, prepared.State, usage, events is not null) : Failed(run, TooLarge) with { Usage = usage };
    }

    private async ValueTask<Outcome<PreparedResponse>> PrepareAsync(JobRun run, ResponseRequest request, CancellationToken cancellation)
    {
        var job = run.Job;
        var envelope = new StoredRequest(job.Id, job.Endpoint, job.ContentType, run.Body, run.Caller) { Deadline = job.Deadline };
        if (!request.Background)
        {
            return await intake.PrepareAsync(request, envelope, cancellation);
        }

        var id = ResponseIds.OfRequest(job.Id);
        return await archive.FindAsync(job.Namespace, id, cancellation) is { } stored
            ? intake.Restore(request, stored, envelope)
            : ResponseFaults.NotFound(id);
    }

    private static async ValueTask<Fault?> PumpAsync(
        InferenceAnswer stream, ResponseAssembly assembly, ResponseEventBuffer? events, JobOutput output, CancellationToken cancellation)
    {
        while (await stream.WaitAsync(cancellation))
        {
            while (stream.TryRead(out var next))
            {
                if (!next.IsSeam && assembly.Add(next.Data) is { } garbage)
                {
                    return garbage;
                }
            }

            if (!Publish(events, output))
            {
                return TooLarge;
            }
        }

        return stream.Fault;
    }

    private static bool Publish(ResponseEventBuffer? events, JobOutput output)
    {
        for (var i = 0; i < events?.Count; i++)
        {
            if (!output.Append(Encoding.ASCII.GetBytes(events[i].Type), events[i].Data.Span))
            {
                return false;
            }
        }

        events?.Clear();
        return true;
    }

    private static JobResult Result(JobRun run, ResponseState state, Usage usage, bool streamed) => new()
    {
        Status = state.Fault is null ? JobStatus.Completed : JobStatus.Failed,
        Fault = state.Fault,
        Ending = state.Status == "incomplete" ? "incomplete" : null,
        ContentType = streamed ? JobOutput.ContentType : "application/json",
        Body = streamed ? run.Output.ToBody() : state.ToJson(),
        Attempts = run.Attempts,
        Usage = usage,
    };

    private static JobResult Failed(JobRun run, Fault fault) => new() { Status = JobStatus.Failed, Fault = fault, Attempts = run.Attempts };

    private static Fault TooLarge { get; } = new(FaultKind.BadNodeAnswer, "answer_too_large", "The streamed answer is larger than the gateway keeps for a request.");
}
