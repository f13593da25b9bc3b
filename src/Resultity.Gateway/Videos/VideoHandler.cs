using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Requests;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Videos;

/// <summary>Creates, reads, lists, cancels and deletes videos. Each is a durable request to <c>/v1/videos</c>; there is nothing else to it.</summary>
internal sealed class VideoHandler(InferenceHandler inference, IPollingSubmission polling, JobQueue jobs, VideoJson json)
{
    private const int DefaultLimit = 20;
    private const int MostLimit = 100;

    /// <summary><c>POST /v1/videos</c>: durable first, answered second.</summary>
    public Task CreateAsync(HttpContext context) => inference.HandleAsync(context, VideoBodies.Creation, SubmitAsync);

    /// <summary><c>GET /v1/videos</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        if (!PageParameters.Read(context.Request.Query, VideoIds.Prefix, DefaultLimit, MostLimit).TryGet(out var page, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var filter = new JobFilter(context.Caller.Namespace, page with { After = VideoIds.RequestOf(page.After) }) { Endpoint = InferenceEndpoint.Videos.Path };
        await JsonAnswer.WriteAsync(context, json.List(await jobs.ListAsync(filter, context.RequestAborted)));
    }

    /// <summary><c>GET /v1/videos/{id}</c>.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } job)
        {
            await JsonAnswer.WriteAsync(context, json.One(job));
        }
    }

    /// <summary><c>POST /v1/videos/{id}/cancel</c>; a video that has ended stays as it is.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } job)
        {
            await JsonAnswer.WriteAsync(context, json.One(await jobs.CancelAsync(job.Namespace, job.Id, context.RequestAborted) ?? job));
        }
    }

    /// <summary><c>DELETE /v1/videos/{id}</c>; one that is being made is stopped.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } job)
        {
            await jobs.DeleteAsync(job.Namespace, job.Id, CancellationToken.None);
            await JsonAnswer.WriteAsync(context, VideoJson.Deleted(VideoIds.OfRequest(job.Id)));
        }
    }

    /// <summary><c>GET /v1/videos/{id}/content</c>: the file, or with <c>variant=thumbnail</c> a frame of it. Takes <c>Range</c>, as players ask.</summary>
    public async Task ContentAsync(HttpContext context)
    {
        if (context.Request.Query["variant"] is not ([] or ["video"] or ["thumbnail"]))
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid("Invalid 'variant'. Supported values are: 'video', 'thumbnail'.", "variant"));
            return;
        }

        if (await FindAsync(context) is not { } job)
        {
            return;
        }

        if (job.Status != JobStatus.Completed)
        {
            await FaultWriter.WriteAsync(context, job.Status.IsFinal() ? VideoJson.FaultOf(job) : NotReady(job));
        }
        else if (await jobs.ReadAnswerAsync(job, context.RequestAborted) is { } answer && VideoParcel.TryRead(answer.Body, out var parcel))
        {
            var name = context.Request.Query["variant"] == "thumbnail" ? "thumbnail" : "video";
            if ((name == "thumbnail" ? parcel.Thumbnail : parcel.Video) is not { } file)
            {
                await FaultWriter.WriteAsync(context, Fault.NotFound("The engine that made this video gave no thumbnail.", "thumbnail_not_found", "variant"));
                return;
            }

            var ending = file.Type[(file.Type.IndexOf('/', StringComparison.Ordinal) + 1)..];
            await TypedResults.Bytes(file.Bytes, file.Type, $"{VideoIds.OfRequest(job.Id)}-{name}.{ending}", enableRangeProcessing: true).ExecuteAsync(context);
        }
        else
        {
            await FaultWriter.WriteAsync(context, RequestFaults.AnswerGone);
        }
    }

    /// <summary>The job of the video that the route names; <see langword="null"/> if there is none, which the client has been told.</summary>
    public async ValueTask<Job?> FindAsync(HttpContext context)
    {
        var job = VideoIds.RequestOf((string?)context.GetRouteValue("id")) is { } id ? await jobs.GetAsync(context.Caller.Namespace, id, context.RequestAborted) : null;
        if (job?.Kind == VideoJobKind.KindName)
        {
            return job;
        }

        await FaultWriter.WriteAsync(context, NotFound);
        return null;
    }

    private static Fault NotFound { get; } = Fault.NotFound(
        "There is no video with this identifier, or it is not yours. Videos are kept for a limited time; GET /v1/videos lists what there is.", "video_not_found", "id");

    private static Fault NotReady(Job job) => new(
        FaultKind.Conflict, "not_finished", $"The video is {VideoJson.StatusOf(job.Status)}; it has no content yet. Read GET /v1/videos/{{id}} until it is completed.");

    private async Task SubmitAsync(HttpContext context, InferenceRequest request)
    {
        if (!VideoFacts.Read(request.Body, request.ContentType).TryGet(out var facts, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var submission = new JobSubmission
        {
            Id = request.Id,
            Kind = VideoJobKind.KindName,
            Caller = request.Caller,
            Endpoint = request.Endpoint.Path,
            Model = request.Model,
            ContentType = request.ContentType,
            Body = request.Body,
            Deadline = request.Deadline,
            Metadata = facts.ToMetadata(),
        };
        if (RequestHints.WantsPolling(context.Request))
        {
            await polling.SubmitAsync(context, submission);
        }
        else if (await polling.AcceptAsync(context, submission) is { } job)
        {
            await JsonAnswer.WriteAsync(context, json.One(job));
        }
    }
}
