using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Goes on with plain text answers that were stopped because their client had gone: from the tokens that it was sent.</summary>
internal sealed partial class StreamContinuation(InferencePipeline pipeline, LiveStreams streams, TimeProvider time, ILogger<StreamContinuation> logger)
{
    /// <summary>Starts the rest of a suspended stream.</summary>
    /// <returns>The stream that goes on, with the caller as its first reader; <see langword="null"/> if this one was not suspended.</returns>
    public LiveStream? Resume(LiveStream suspended)
    {
        if (!suspended.TryTakeRest(out var request, out var log))
        {
            return null;
        }

        var soFar = new AnswerSoFar();
        log.Read(0, (_, data) => soFar.Add(data));
        var live = streams.Reopen(suspended.Id, suspended.Owner, log);
        _ = RunAsync(live, request, soFar);
        return live;
    }

    private async Task RunAsync(LiveStream live, InferenceRequest request, AnswerSoFar soFar)
    {
        try
        {
            End(live, request, soFar.IsFinished ? null : await ComputeAsync(live, request, soFar));
        }
        catch (Exception exception)
        {
            // Nobody awaits this; its readers get the fault.
            LogFailed(request.Id, exception);
            End(live, request, new Fault(FaultKind.Internal, "internal_error", "The gateway failed to go on with this answer."));
        }
        finally
        {
            streams.Ended(live);
        }
    }

    private async ValueTask<Fault?> ComputeAsync(LiveStream live, InferenceRequest request, AnswerSoFar soFar)
    {
        if (!(await pipeline.StartAsync(request, soFar, live.Stop)).TryGet(out var stream, out var fault))
        {
            return fault;
        }

        await using (stream)
        {
            while (await stream.WaitAsync(live.Stop))
            {
                while (stream.TryRead(out var next))
                {
                    if (!next.IsSeam)
                    {
                        live.Append(next.Data.Span);
                    }
                }

                live.Signal();
            }

            return stream.Fault;
        }
    }

    private void End(LiveStream live, InferenceRequest request, Fault? fault)
    {
        if (live.IsAbandoned && fault is { Kind: FaultKind.Cancelled })
        {
            live.Suspend(request);
            return;
        }

        if (fault is not null)
        {
            live.Append(SseError.ToChunk(fault, request.Id, request.Endpoint, request.Model, time.GetUtcNow().ToUnixTimeSeconds()).Span);
        }

        live.End(fault);
    }

    [LoggerMessage(3201, LogLevel.Error, "Going on with the stream of request {RequestId} failed")]
    private partial void LogFailed(string requestId, Exception exception);
}
