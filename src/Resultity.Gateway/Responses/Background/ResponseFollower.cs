using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses.Background;

/// <summary>Streams the events of a background response, from any place on, while it waits, runs, or after it has ended.</summary>
/// <remarks>Leaving does not stop the response.</remarks>
internal sealed class ResponseFollower(
    BackgroundResponses background, JobQueue jobs, LiveJobs live, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    /// <summary>Writes the events.</summary>
    /// <param name="context">The HTTP request.</param>
    /// <param name="stored">The response.</param>
    /// <param name="from">The sequence number of the first event wanted.</param>
    public async Task FollowAsync(HttpContext context, StoredResponse stored, int from)
    {
        var sse = new SseResponse(context, clock, options.Value);
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((SseResponse)state!).Close(), sse);
        clock.Add(sse);
        try
        {
            await sse.BeginAsync();
            await RunAsync(stored, from, sse, context.RequestAborted);
            await sse.EndAsync();
        }
        finally
        {
            clock.Remove(sse);
            await sse.CloseAsync();
        }
    }

    private async Task RunAsync(StoredResponse stored, int next, SseResponse sse, CancellationToken gone)
    {
        var id = ResponseIds.RequestOf(stored.Id);
        using var watch = jobs.Watch(id);
        while (!sse.IsClosed)
        {
            watch.Reset();
            if (await jobs.GetAsync(stored.Namespace, id, gone) is not { } job)
            {
                return;
            }

            if (job.Status.IsFinal())
            {
                await WriteEndAsync(job, stored, next, sse, gone);
                return;
            }

            if (live.TryFind(job, out var run))
            {
                next = await FollowAsync(run.Output, next, sse, gone);
                continue;
            }

            next = WriteQueued(stored, next, sse);
            await sse.EndAsync();
            await watch.Changed.WaitAsync(gone);
            await sse.BeginAsync();
        }
    }

    private static async Task<int> FollowAsync(JobOutput output, int next, SseResponse sse, CancellationToken gone)
    {
        while (true)
        {
            for (; output.TryRead(next, out var frame); next++)
            {
                Write(sse, next, frame);
            }

            await sse.EndAsync();
            await output.WaitAsync(next).WaitAsync(gone);
            await sse.BeginAsync();
            if (!output.TryRead(next, out _))
            {
                return next;
            }
        }
    }

    // While no run has begun, the beginning is known all the same: a client learns the identifier at once.
    private static int WriteQueued(StoredResponse stored, int next, SseResponse sse)
    {
        using var events = new ResponseEventBuffer();
        foreach (var type in (ReadOnlySpan<string>)["response.created", "response.queued"])
        {
            WriteObject(events, type, stored.Object);
        }

        for (; next < events.Count; next++)
        {
            Write(sse, events[next]);
        }

        return next;
    }

    private async Task WriteEndAsync(Job job, StoredResponse stored, int next, SseResponse sse, CancellationToken gone)
    {
        var body = (await jobs.ReadAnswerAsync(job, gone))?.Body ?? default;
        var index = 0;
        foreach (var frame in JobOutput.Frames(body))
        {
            if (index++ >= next)
            {
                Write(sse, index - 1, frame);
            }
        }

        if (job.Status is JobStatus.Failed or JobStatus.Expired && index == 0)
        {
            // It failed before a node had it, so the run told nothing but the beginning.
            next = WriteQueued(stored, next, sse);
            using var events = new ResponseEventBuffer(2);
            WriteObject(events, "response.failed", await background.ReadAsync(stored, gone));
            if (next == events[0].Sequence)
            {
                Write(sse, events[0]);
            }
        }
    }

    private static void WriteObject(ResponseEventBuffer events, string type, ReadOnlyMemory<byte> response)
    {
        var writer = events.Begin(type);
        writer.WritePropertyName("response"u8);
        writer.WriteRawValue(response.Span, skipInputValidation: true);
        events.End();
    }

    private static void Write(SseResponse sse, ResponseEvent next)
    {
        if (!sse.IsClosed)
        {
            SseFrame.Write(sse.Output, next.Sequence + 1, next.Data.Span, Encoding.ASCII.GetBytes(next.Type));
        }
    }

    private static void Write(SseResponse sse, int sequence, ReadOnlyMemory<byte> frame)
    {
        if (!sse.IsClosed)
        {
            sse.Output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {sequence + 1}\n")));
            sse.Output.Write(frame.Span);
        }
    }
}
