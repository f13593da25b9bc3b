using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary>Writes what the synchronous call would have answered: status, content type and body.</summary>
internal sealed class RequestAnswer(JobQueue jobs, IEnumerable<IAnswerChange> changes)
{
    private readonly IAnswerChange[] _changes = [.. changes];

    /// <summary>Answers with a finished job's answer. One that is kept to be read once is deleted when it has been sent.</summary>
    public async Task WriteAsync(HttpContext context, Job job)
    {
        if (job.Attempts is [.., { } last])
        {
            context.Response.Headers[HeaderNames.Node] = last.Node;
            context.Response.Headers[HeaderNames.Attempts] = job.Attempts.Count.ToString(CultureInfo.InvariantCulture);
        }

        if (job.Status != JobStatus.Completed)
        {
            await FaultWriter.WriteAsync(context, RequestFaults.Of(job));
        }
        else if (await jobs.ReadAnswerAsync(job, context.RequestAborted) is { } answer)
        {
            var change = Array.Find(_changes, change => change.Wants(answer.Body.Span));
            await (change is null ? WriteAsync(context, answer.ContentType, answer.Body) : WriteAsync(context, change.ContentType, await change.ChangeAsync(context, answer.Body)));
        }
        else
        {
            await FaultWriter.WriteAsync(context, RequestFaults.AnswerGone);
            return;
        }

        await context.Response.CompleteAsync();
        if (!context.RequestAborted.IsCancellationRequested)
        {
            await jobs.ReadAsync(job);
        }
    }

    private static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.ContentType = contentType;
        if (contentType != JobOutput.ContentType)
        {
            response.ContentLength = body.Length;
            await response.BodyWriter.WriteAsync(body);
            return;
        }

        var number = 0;
        foreach (var frame in JobOutput.Frames(body))
        {
            WriteFrame(response.BodyWriter, ++number, frame.Span);
            if (number % 64 == 0)
            {
                await response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes an event with its number; the mark of the end has none.</summary>
    internal static void WriteFrame(IBufferWriter<byte> output, long number, ReadOnlySpan<byte> frame)
    {
        if (!frame.SequenceEqual("data: [DONE]\n\n"u8))
        {
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {number}\n")));
        }

        output.Write(frame);
    }
}
