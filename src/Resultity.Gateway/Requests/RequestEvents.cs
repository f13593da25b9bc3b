using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary><c>GET /v1/requests/{id}/events</c>: status, place in the queue and output as server-sent events, from any place on.</summary>
/// <remarks>
/// An event <c>status</c> carries the request object, at the beginning, at each change and at the end. Output follows as the answer's own events,
/// and only these have identifiers, so <c>Last-Event-ID</c> is a place in the output. A request that ran again after a crash has a new output,
/// whose numbers begin at the next multiple of <see cref="RequestFollower.NumbersPerRun"/>; a place in an older one begins it anew.
/// </remarks>
internal sealed class RequestEvents(
    JobQueue jobs, LongPoll poll, LiveJobs live, RequestJson json, StreamReplay streams, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    /// <summary>Writes the events until the request is finished or the client goes.</summary>
    public async Task FollowAsync(HttpContext context)
    {
        var id = RequestHandler.IdOf(context);
        if (await streams.TryServeAsync(context, id))
        {
            return;
        }

        if (await jobs.GetAsync(context.Caller.Namespace, id, context.RequestAborted) is null)
        {
            await FaultWriter.WriteAsync(context, RequestFaults.NotFound);
            return;
        }

        var header = context.Request.Headers["Last-Event-ID"];
        var after = 0L;
        if (header.Count > 1 || (header.Count == 1 && !long.TryParse(header[0], NumberStyles.None, CultureInfo.InvariantCulture, out after)))
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid("The header 'Last-Event-ID' is not the id of an event of this request. Expected a non-negative integer.", "Last-Event-ID"));
            return;
        }

        var sse = new SseResponse(context, clock, options.Value);
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((SseResponse)state!).Close(), sse);
        using var patience = poll.Patience(context);
        clock.Add(sse);
        try
        {
            await sse.BeginAsync();
            await new RequestFollower(jobs, live, json, clock, sse, context, id, after, patience.Token).RunAsync();
            await sse.EndAsync();
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The gateway stops; the client goes on from its last event, here or elsewhere.
        }
        finally
        {
            clock.Remove(sse);
            await sse.CloseAsync();
        }
    }
}
