using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Streaming;
using Resultity.Gateway.Requests;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary><c>GET /v1/videos/{id}/events</c>: the video's object as server-sent events, at the beginning and at each change of status or progress.</summary>
/// <remarks>An event is named <c>video.</c> and the status. There is nothing to resume: the first event says all that there is to know.</remarks>
internal sealed class VideoEvents(
    VideoHandler videos, JobQueue jobs, LiveJobs live, LongPoll poll, VideoJson json, StreamClock clock, IOptions<GatewayHttpOptions> options)
{
    /// <summary>Writes the events until the video has ended or the client goes.</summary>
    public async Task FollowAsync(HttpContext context)
    {
        if (await videos.FindAsync(context) is not { } job)
        {
            return;
        }

        var sse = new SseResponse(context, clock, options.Value);
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((SseResponse)state!).Close(), sse);
        using var patience = poll.Patience(context);
        clock.Add(sse);
        try
        {
            await sse.BeginAsync();
            await RunAsync(job, sse, patience.Token);
            await sse.EndAsync();
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The gateway stops; the client asks again, and another answers.
        }
        finally
        {
            clock.Remove(sse);
            await sse.CloseAsync();
        }
    }

    private async Task RunAsync(Job first, SseResponse sse, CancellationToken patience)
    {
        using var watch = jobs.Watch(first.Id);
        var said = ReadOnlyMemory<byte>.Empty;
        var number = 0L;
        while (!sse.IsClosed)
        {
            watch.Reset();
            if (await jobs.GetAsync(first.Namespace, first.Id, patience) is not { } job)
            {
                // Deleted: there is nothing more to say.
                return;
            }

            live.TryFind(job, out var run);
            var seen = run?.Output.Count ?? 0;
            var now = json.One(job);
            if (!now.Span.SequenceEqual(said.Span))
            {
                SseFrame.Write(sse.Output, ++number, now.Span, System.Text.Encoding.ASCII.GetBytes($"video.{VideoJson.StatusOf(job.Status)}"));
                said = now;
            }

            if (job.Status.IsFinal())
            {
                return;
            }

            await sse.EndAsync();

            // Once a run has ended nothing more comes from it, but its end is still to be told.
            if (run is null || !run.Output.TryRead(seen, out _))
            {
                await (run?.Output.WaitAsync(seen) is { IsCompleted: false } more ? Task.WhenAny(watch.Changed, more) : watch.Changed).WaitAsync(patience);
            }

            await sse.BeginAsync();
        }
    }
}
