using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Retries;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses;

/// <summary>Delivers a response as events while it is made.</summary>
/// <remarks>
/// A refusal that comes before the stream was accepted keeps its true status; after that it is <c>response.failed</c>.
/// The response is stored before its last event is sent, so a client that has seen the end can continue from it at once.
/// </remarks>
internal sealed class ResponseStreamDelivery(
    ResponseStart start,
    AdmissionControl admission,
    ResponseArchive archive,
    LiveStreams streams,
    LiveRequests requests,
    StreamClock clock,
    IOptions<GatewayHttpOptions> options)
{
    /// <summary>A fast answer is sent after about this many events, so that a slow client holds it up and not the gateway's memory.</summary>
    private const int MostUnsent = 64;

    /// <summary>Runs the response and writes its events.</summary>
    public async Task DeliverAsync(HttpContext context, PreparedResponse prepared)
    {
        var live = streams.Open(prepared.Chat.Id, prepared.Namespace);
        var sse = new SseResponse(context, clock, options.Value) { Progress = prepared.Chat.Progress };
        var client = new StreamClient(live, sse, hadGrace: context.GatewayRequest.Keyed is not null, SdkRetries.IsWatched(context.Request));
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((StreamClient)state!).Leave(), client);
        using var running = requests.Open(ResponseEndpoints.Path, prepared.Chat, live.StopNow);
        prepared.Chat.Progress.Queued += sse.AcceptSoon;
        clock.Add(sse);
        try
        {
            await RunAsync(context, prepared, live, sse);
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

    private async Task RunAsync(HttpContext context, PreparedResponse prepared, LiveStream live, SseResponse sse)
    {
        using var events = new ResponseEventBuffer();
        var assembly = new ResponseAssembly(prepared.State, events, clock.Time);
        var outcome = await start.StartAsync(prepared, observe: null, live.Stop);
        await sse.BeginAsync();
        var usage = default(Usage);
        if (outcome.TryGet(out var stream, out var fault))
        {
            await using (stream)
            {
                if (!sse.HasStarted)
                {
                    AnswerHeaders.Write(context.Response, prepared.Chat, stream);
                    RateLimitHeaders.Write(context.Response, admission.Read(prepared.Chat.Caller));
                }

                assembly.Begin();
                fault = await PumpAsync(stream, assembly, events, live, sse);
                usage = stream.Usage;
            }
        }
        else if (!sse.HasStarted)
        {
            RateLimitHeaders.Write(context.Response, admission.Read(prepared.Chat.Caller));
            await FaultWriter.WriteAsync(context, fault);
            return;
        }
        else
        {
            assembly.Begin();
        }

        assembly.End(fault, usage);
        if (await StoreAsync(prepared) is { } unstored)
        {
            assembly.Fail(unstored);
        }

        assembly.Announce();
        Send(events, live, sse);
        context.GatewayRequest.Keyed?.IsSpoilt = (prepared.State.Fault ?? fault) is not null;
        live.End(prepared.State.Fault ?? fault);
        await sse.EndAsync();
    }

    /// <summary>Moves events until the answer ends. Enters and leaves within a turn of the response.</summary>
    private static async ValueTask<Fault?> PumpAsync(
        InferenceAnswer stream, ResponseAssembly assembly, ResponseEventBuffer events, LiveStream live, SseResponse sse)
    {
        while (true)
        {
            while (stream.TryRead(out var next))
            {
                if (next.IsSeam)
                {
                    Comment(sse);
                }
                else if (assembly.Add(next.Data) is { } garbage)
                {
                    return garbage;
                }
            }

            var waiting = stream.WaitAsync(live.Stop);
            if (waiting.IsCompletedSuccessfully && events.Count < MostUnsent)
            {
                if (!waiting.Result)
                {
                    return stream.Fault;
                }

                continue;
            }

            if (Send(events, live, sse))
            {
                live.Signal();
            }

            await sse.EndAsync();
            var more = await waiting;
            await sse.BeginAsync();
            if (!more)
            {
                return stream.Fault;
            }
        }
    }

    private static void Comment(SseResponse sse)
    {
        if (!sse.IsClosed)
        {
            sse.Output.Write(SseFrame.Seam);
        }
    }

    private static bool Send(ResponseEventBuffer events, LiveStream live, SseResponse sse)
    {
        var any = events.Count > 0;
        Span<byte> name = stackalloc byte[64];
        for (var i = 0; i < events.Count; i++)
        {
            var next = events[i];
            var number = live.Append(next.Data.Span);
            if (!sse.IsClosed)
            {
                SseFrame.Write(sse.Output, number, next.Data.Span, name[..Encoding.UTF8.GetBytes(next.Type, name)]);
            }
        }

        events.Clear();
        return any;
    }

    private async ValueTask<Fault?> StoreAsync(PreparedResponse prepared)
    {
        if (!prepared.State.Request.Store)
        {
            return null;
        }

        try
        {
            await archive.PutAsync(prepared, CancellationToken.None);
            return null;
        }
        catch (StorageException e)
        {
            return e.Fault;
        }
    }
}
