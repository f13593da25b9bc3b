using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Streaming;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Gives the events of a stream again, from where a client lost it, and follows it to its end.</summary>
internal sealed class StreamReplay(LiveStreams streams, StreamContinuation continuation, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    private static readonly Fault Dropped =
        new(FaultKind.Conflict, "events_dropped", "Events that follow this 'Last-Event-ID' are no longer kept. Send the request again.");

    /// <summary>Answers <c>GET /v1/requests/{id}/events</c> if the request is a stream that this process knows and the caller may see.</summary>
    /// <returns><see langword="false"/> if it is not; nothing was written then.</returns>
    public async Task<bool> TryServeAsync(HttpContext context, string requestId)
    {
        if (streams.Find(requestId, context.Caller.Namespace) is not { } live)
        {
            return false;
        }

        if (!TryReadPlace(context.Request, out var after))
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid("The header 'Last-Event-ID' is not the id of an event of this stream. Expected a non-negative integer.", "Last-Event-ID"));
            return true;
        }

        await ServeAsync(context, live, after);
        return true;
    }

    /// <summary>Gives a whole stream again, from its first event and under its own identifier, to a client that retries.</summary>
    /// <returns><see langword="false"/> if it is not known, has lost events or has failed; nothing was written then.</returns>
    public async Task<bool> TryGiveAgainAsync(HttpContext context, string requestId)
    {
        if (streams.Find(requestId, context.Caller.Namespace) is not { HasAllEvents: true } live || (live.Fault is not null && !live.IsSuspended))
        {
            return false;
        }

        context.GatewayRequest.Adopt(context, requestId);
        context.Response.Headers[AnswerHead.Replayed] = "true";
        await ServeAsync(context, live, 0);
        return true;
    }

    private async Task ServeAsync(HttpContext context, LiveStream live, long after)
    {
        // A stream that was stopped because nobody read it goes on for whoever reads it again, who counts as its client.
        if (continuation.Resume(live) is { } rest)
        {
            live = rest;
        }
        else
        {
            live.Join();
        }

        try
        {
            await FollowAsync(context, live, after);
        }
        finally
        {
            live.Leave();
        }
    }

    private static bool TryReadPlace(HttpRequest request, out long after)
    {
        after = 0;
        var header = request.Headers["Last-Event-ID"];
        return header.Count == 0 || (header.Count == 1 && long.TryParse(header[0], NumberStyles.None, CultureInfo.InvariantCulture, out after));
    }

    private async Task FollowAsync(HttpContext context, LiveStream live, long after)
    {
        var sse = new SseResponse(context, clock, options.Value);
        clock.Add(sse);
        try
        {
            while (true)
            {
                await sse.BeginAsync();
                if (live.CopyTo(sse.Output, after) is not { } copied)
                {
                    await ReportGapAsync(context, sse, after);
                    return;
                }

                after = copied.Last;
                if (copied.Ends)
                {
                    WriteEnd(live, sse.Output, after);
                }

                if (!await sse.EndAsync() || copied.Ends)
                {
                    return;
                }

                await live.WaitAsync(after).WaitAsync(context.RequestAborted);
            }
        }
        finally
        {
            clock.Remove(sse);
            await sse.CloseAsync();
        }
    }

    private static void WriteEnd(LiveStream live, IBufferWriter<byte> output, long last)
    {
        if (live is { Fault: null, IsNamed: false })
        {
            output.Write(SseFrame.Done);
        }
        else if (live.IsSuspended)
        {
            SseFrame.Write(output, last + 1, FaultJson.ToBytes(Dropped));
        }
    }

    /// <summary>Events that are needed have been dropped: the client must not take what is left for the whole.</summary>
    private static async Task ReportGapAsync(HttpContext context, SseResponse sse, long after)
    {
        if (!sse.HasStarted)
        {
            await FaultWriter.WriteAsync(context, Dropped);
            return;
        }

        SseFrame.Write(sse.Output, after + 1, FaultJson.ToBytes(Dropped));
        await sse.EndAsync();
    }
}
