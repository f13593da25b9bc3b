using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Retries;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Delivers an answer as server-sent events while it is computed, and keeps the events for a client that has to resume.</summary>
/// <remarks>
/// A refusal that comes before the stream was accepted keeps its true status. A stream is accepted with its first event, with a comment when
/// the request begins to wait in a queue, or with one after a short while. When the client goes, the computation goes on for the grace of
/// resumption, and then stops.
/// </remarks>
internal sealed class StreamDelivery(
    InferencePipeline pipeline, AdmissionControl admission, LiveStreams streams, LiveRequests requests, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    /// <summary>A fast answer is sent in pieces of about this size, so that a slow client holds it up and not the gateway's memory.</summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>Runs the request and writes its events.</summary>
    public async Task DeliverAsync(HttpContext context, InferenceRequest request)
    {
        var live = streams.Open(request.Id, request.Caller.Namespace);
        var sse = new SseResponse(context, clock, options.Value) { Progress = request.Progress };
        var client = new StreamClient(live, sse, hadGrace: context.GatewayRequest.Keyed is not null, SdkRetries.IsWatched(context.Request));
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((StreamClient)state!).Leave(), client);
        using var running = requests.Open(request.Endpoint.Path, request, live.StopNow);
        request.Progress.Queued += sse.AcceptSoon;
        clock.Add(sse);
        try
        {
            var outcome = await pipeline.StartAsync(request, live.Stop);
            await sse.BeginAsync();
            if (outcome.TryGet(out var stream, out var fault))
            {
                await using (stream)
                {
                    SetHead(context, request, stream, sse);
                    await PumpAsync(stream, live, sse);
                    fault = stream.Fault;
                }
            }
            else if (!sse.HasStarted)
            {
                RateLimitHeaders.Write(context.Response, admission.Read(request.Caller));
                await FaultWriter.WriteAsync(context, fault);
                return;
            }

            context.GatewayRequest.Keyed?.IsSpoilt = fault is not null;
            await FinishAsync(request, live, sse, fault);
        }
        finally
        {
            clock.Remove(sse);
            await sse.CloseAsync();
            client.Leave();
            if (live.HasEnded)
            {
                streams.Ended(live);
            }
            else
            {
                streams.Discard(live);
            }
        }
    }

    private void SetHead(HttpContext context, InferenceRequest request, InferenceAnswer stream, SseResponse sse)
    {
        if (!sse.HasStarted)
        {
            AnswerHeaders.Write(context.Response, request, stream);
            RateLimitHeaders.Write(context.Response, admission.Read(request.Caller));
        }
    }

    /// <summary>Moves events until the answer ends. Enters and leaves within a turn of the response.</summary>
    private static async ValueTask PumpAsync(InferenceAnswer stream, LiveStream live, SseResponse sse)
    {
        var unsent = 0;
        while (true)
        {
            // What has arrived goes out in one piece.
            while (unsent < PieceBytes && stream.TryRead(out var next))
            {
                unsent += Write(next, live, sse);
            }

            if (unsent < PieceBytes)
            {
                var waiting = stream.WaitAsync(live.Stop);
                if (!waiting.IsCompleted)
                {
                    live.Signal();
                    await sse.EndAsync();
                    unsent = 0;
                    var more = await waiting;
                    await sse.BeginAsync();
                    if (!more)
                    {
                        return;
                    }
                }
                else if (!await waiting)
                {
                    return;
                }
            }
            else
            {
                live.Signal();
                await sse.EndAsync();
                unsent = 0;
                await sse.BeginAsync();
            }
        }
    }

    private static int Write(StreamEvent next, LiveStream live, SseResponse sse)
    {
        if (next.IsSeam)
        {
            if (!sse.IsClosed)
            {
                sse.Output.Write(SseFrame.Seam);
            }

            return SseFrame.Seam.Length;
        }

        var number = live.Append(next.Data.Span);
        if (!sse.IsClosed)
        {
            SseFrame.Write(sse.Output, number, next.Data.Span);
        }

        return next.Data.Length;
    }

    private async ValueTask FinishAsync(InferenceRequest request, LiveStream live, SseResponse sse, Fault? fault)
    {
        if (fault is null)
        {
            if (!sse.IsClosed)
            {
                sse.Output.Write(SseFrame.Done);
            }
        }
        else if (live.IsAbandoned && fault.Kind is FaultKind.Cancelled && request.IsPlainText && request.Body.Length <= options.Value.ReplayBytesPerStream)
        {
            // The client may come back for the rest; the body's memory is not this stream's to keep.
            live.Suspend(request.WithBody(request.Body.ToArray()));
            return;
        }
        else
        {
            live.Append(SseError.ToChunk(fault, request.Id, request.Endpoint, request.Model, clock.Time.GetUtcNow().ToUnixTimeSeconds()).Span);
            if (!sse.IsClosed)
            {
                live.CopyTo(sse.Output, live.Last - 1);
            }
        }

        live.End(fault);
        await sse.EndAsync();
    }
}
