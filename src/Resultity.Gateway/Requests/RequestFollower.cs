using System.Buffers;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary>One client following one request. Enters and leaves within a turn of the response.</summary>
internal sealed class RequestFollower(
    JobQueue jobs, LiveJobs live, RequestJson json, StreamClock clock, SseResponse sse, HttpContext context, string id, long after, CancellationToken patience)
{
    /// <summary>More events than an output can have.</summary>
    public const long NumbersPerRun = 100_000_000;

    /// <summary>An answer that is no stream is one event if it is no larger than this, and JSON.</summary>
    private const int LargestEvent = 1 << 20;

    private static readonly TimeSpan PositionInterval = TimeSpan.FromSeconds(2);

    private ReadOnlyMemory<byte> _said;
    private long _after = after;

    public async ValueTask RunAsync()
    {
        using var watch = jobs.Watch(id);
        while (!sse.IsClosed)
        {
            watch.Reset();
            if (await jobs.GetAsync(context.Caller.Namespace, id, patience) is not { } job)
            {
                // Deleted: there is nothing more to say.
                return;
            }

            if (job.Status.IsFinal())
            {
                await WriteRestAsync(job);
                Say(job);
                return;
            }

            Say(job);
            await NextAsync(job, watch);
        }
    }

    /// <summary>Writes output as it comes, until the status may have changed.</summary>
    private async ValueTask NextAsync(Job job, JobWatch watch)
    {
        var changed = watch.Changed;
        live.TryFind(job, out var run);
        while (!sse.IsClosed)
        {
            var next = IndexIn(job);
            while (run is not null && run.Output.TryRead(next, out var frame))
            {
                Write(job, next++, frame);
            }

            await sse.EndAsync();
            try
            {
                // Once the run has ended nothing more comes from it, but its end is still to be told.
                var more = run?.Output.WaitAsync(next) is { IsCompleted: false } waiting ? Task.WhenAny(changed, waiting) : changed;
                await (run is not { Ticket: not null } and not { Loading: not null } ? more.WaitAsync(patience) : more.WaitAsync(PositionInterval, clock.Time, patience));
            }
            catch (TimeoutException)
            {
                // The place in the queue, or how far the load is, may have changed.
            }
            finally
            {
                await sse.BeginAsync();
            }

            if (changed.IsCompleted || run is null || !run.Output.TryRead(next, out _))
            {
                return;
            }
        }
    }

    /// <summary>What the client has not seen of a finished request's output.</summary>
    private async ValueTask WriteRestAsync(Job job)
    {
        if (await jobs.ReadAnswerAsync(job, patience) is not { } answer)
        {
            return;
        }

        var next = IndexIn(job);
        if (answer.ContentType == JobOutput.ContentType)
        {
            var index = 0;
            foreach (var frame in JobOutput.Frames(answer.Body))
            {
                if (index++ >= next)
                {
                    Write(job, index - 1, frame);
                }
            }
        }
        else if (next == 0 && answer.Body.Length <= LargestEvent && answer.ContentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            SseFrame.Write(sse.Output, NumberOf(job, 0), answer.Body.Span, "response"u8);
        }
    }

    private void Say(Job job)
    {
        var said = json.One(job, context.Request.PathBase);
        if (!said.Span.SequenceEqual(_said.Span))
        {
            _said = said;
            sse.Output.Write("event: status\ndata: "u8);
            sse.Output.Write(said.Span);
            sse.Output.Write("\n\n"u8);
        }
    }

    private void Write(Job job, int index, ReadOnlyMemory<byte> frame)
    {
        if (!sse.IsClosed)
        {
            RequestAnswer.WriteFrame(sse.Output, NumberOf(job, index), frame.Span);
            _after = NumberOf(job, index);
        }
    }

    private static long NumberOf(Job job, int index) => ((job.Attempt - 1) * NumbersPerRun) + index + 1;

    private int IndexIn(Job job)
    {
        var first = (job.Attempt - 1) * NumbersPerRun;
        return _after > first && _after <= first + NumbersPerRun ? (int)(_after - first) : 0;
    }
}
