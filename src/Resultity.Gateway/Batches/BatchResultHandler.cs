using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary><c>GET /v1/batches/{id}/results</c>: results in the order in which they come, also while the batch runs.</summary>
/// <remarks>
/// As JSON lines what there is now; as server-sent events what comes as well, until the batch is finished. An event's identifier is the result's,
/// so <c>Last-Event-ID</c>, like <c>after</c>, is the last result that the client has.
/// </remarks>
internal sealed class BatchResultHandler(
    BatchQueue batches, BatchResults results, BatchPatience patience, BatchJson json, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    private const string Events = "text/event-stream";

    /// <summary>Writes the results.</summary>
    public async Task GetAsync(HttpContext context)
    {
        var id = BatchHandler.IdOf(context);
        if (await batches.GetAsync(context.Caller.Namespace, id, context.RequestAborted) is not { } batch)
        {
            await FaultWriter.WriteAsync(context, BatchFaults.NotFound);
            return;
        }

        var fault = Wanted(context.Request.Query).TryGet(out var succeeded, out var wrong) ? null : wrong;
        var after = 0;
        if (fault is not null || !(await AfterAsync(context, batch)).TryGet(out after, out fault))
        {
            await FaultWriter.WriteAsync(context, fault);
        }
        else if (context.Request.Headers.Accept.ToString().Contains(Events, StringComparison.OrdinalIgnoreCase))
        {
            await FollowAsync(context, batch, after, succeeded);
        }
        else
        {
            await WriteLinesAsync(context, batch, after, succeeded);
        }
    }

    private static Outcome<bool?> Wanted(IQueryCollection query) => query["status"].ToArray() switch
    {
        [] => (bool?)null,
        ["completed"] => true,
        ["failed"] => false,
        _ => Fault.Invalid("Invalid 'status'. Supported values are: 'completed', 'failed'.", "status"),
    };

    private async ValueTask<Outcome<int>> AfterAsync(HttpContext context, Batch batch)
    {
        var (param, given) = context.Request.Query["after"] is not [] and var after ? ("after", after) : ("Last-Event-ID", context.Request.Headers["Last-Event-ID"]);
        if (given.Count == 0)
        {
            return 0;
        }

        return given.Count == 1 && LineWriter.LineOf(batch.Id, given[0]) is { } line
            && await results.SequenceOfAsync(batch.Id, line, context.RequestAborted) is > 0 and var sequence
                ? sequence
                : BatchFaults.WrongPlace(param);
    }

    private async Task WriteLinesAsync(HttpContext context, Batch batch, int after, bool? succeeded)
    {
        var response = context.Response;
        var next = await results.NextAsync(batch, after, succeeded, context.RequestAborted);
        if (next is null)
        {
            await FaultWriter.WriteAsync(context, BatchFaults.ResultsGone);
            return;
        }

        response.ContentType = "application/jsonl";
        for (; next is { Count: > 0 }; next = await results.NextAsync(batch, next[^1].Sequence, succeeded, context.RequestAborted))
        {
            foreach (var result in next)
            {
                response.BodyWriter.Write(result.Json.Span);
            }

            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }

        if (next is null)
        {
            // Deleted in the middle: the only honest end is a connection that breaks off.
            context.Abort();
        }
    }

    private async Task FollowAsync(HttpContext context, Batch batch, int after, bool? succeeded)
    {
        var sse = new SseResponse(context, clock, options.Value);
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((SseResponse)state!).Close(), sse);
        using var wait = patience.Begin(context);
        clock.Add(sse);
        try
        {
            await sse.BeginAsync();
            await FollowAsync(sse, batch, after, succeeded, wait.Token);
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

    private async ValueTask FollowAsync(SseResponse sse, Batch batch, int after, bool? succeeded, CancellationToken patient)
    {
        using var watch = batches.Watch(batch.Id);
        while (!sse.IsClosed)
        {
            watch.Reset();
            if (await batches.GetAsync(batch.Namespace, batch.Id, patient) is not { } now)
            {
                return;
            }

            // Read after the batch itself: what a finished batch has is all there is.
            while (await results.NextAsync(now, after, succeeded, patient) is { Count: > 0 } next && !sse.IsClosed)
            {
                foreach (var result in next)
                {
                    Write(sse.Output, LineWriter.IdOf(batch.Id, result.Line), result.Json.Span);
                }

                after = next[^1].Sequence;
                await sse.EndAsync();
                await sse.BeginAsync();
            }

            if (now.Status.IsFinal())
            {
                sse.Output.Write("event: batch\ndata: "u8);
                sse.Output.Write(ListJson.One(now, json.Write).Span);
                sse.Output.Write("\n\n"u8);
                return;
            }

            await sse.EndAsync();
            await batches.ChangedAsync(watch, patient);
            await sse.BeginAsync();
        }
    }

    private static void Write(IBufferWriter<byte> output, string id, ReadOnlySpan<byte> line)
    {
        output.Write(Encoding.ASCII.GetBytes($"event: result\nid: {id}\ndata: "));
        output.Write(line);
        output.Write("\n"u8);
    }
}
