using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Catalog;
using Resultity.Serving.Jobs;
using Resultity.Serving.Peers;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Requests;

/// <summary>Accepts requests whose answers are fetched later: durable first, 202 second.</summary>
internal sealed class PollingSubmission(IEnumerable<IReceiverCheck> receivers, JobQueue jobs, LongPoll poll, ModelCatalog catalog, PeerModels peers, RequestJson json, RequestAnswer answer, JobOptions options) : IPollingSubmission
{
    /// <inheritdoc/>
    public Task SubmitAsync(HttpContext context, InferenceRequest request) => SubmitAsync(
        context,
        new JobSubmission
        {
            Id = request.Id,
            Caller = request.Caller,
            Endpoint = request.Endpoint.Path,
            Model = request.Model,
            ContentType = request.ContentType,
            Body = request.Body,
            Stream = request.Stream,
            Deadline = request.Deadline,
        });

    /// <inheritdoc/>
    public async ValueTask<Job?> AcceptAsync(HttpContext context, JobSubmission submission)
    {
        if (Refuse(submission) is { } refusal || !PollingHeaders.KeepFor(context.Request, options.MaxRetention).TryGet(out var retention, out refusal)
            || !(await ReceiverAsync(context)).TryGet(out var receiver, out refusal))
        {
            await FaultWriter.WriteAsync(context, refusal);
            return null;
        }

        try
        {
            // The run of the same request that a crash ended may have submitted it.
            var earlier = context.GatewayRequest.Keyed is { IsTakeover: true } ? await jobs.GetAsync(submission.Caller.Namespace, submission.Id, context.RequestAborted) : null;
            return earlier ?? await jobs.SubmitAsync(submission with { Retention = retention, WebhookUrl = receiver }, context.RequestAborted);
        }
        catch (StorageException full)
        {
            await FaultWriter.WriteAsync(context, full.Fault);
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task SubmitAsync(HttpContext context, JobSubmission submission)
    {
        if (await AcceptAsync(context, submission) is not { } job)
        {
            return;
        }

        var headers = context.Response.Headers;
        headers["Preference-Applied"] = "respond-async";
        if (PreferWait.Read(context.Request) is { } seconds)
        {
            headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"{(RequestHints.Prefers(context.Request, "respond-async") ? "respond-async, " : "")}wait={seconds}");
            job = await poll.WaitAsync(context, job.Namespace, job.Id, TimeSpan.FromSeconds(seconds)) ?? job;
            if (job.Status.IsFinal())
            {
                await answer.WriteAsync(context, job);
                return;
            }
        }

        headers.Location = $"{context.Request.PathBase}{RequestEndpoints.Path}/{job.Id}";
        await JsonAnswer.WriteAsync(context, json.One(job, context.Request.PathBase), StatusCodes.Status202Accepted);
    }

    private ValueTask<Outcome<string?>> ReceiverAsync(HttpContext context) => receivers.FirstOrDefault()?.ReadAsync(context) ?? new((string?)null);

    // A name that nobody serves is refused at once, as the synchronous call would; a model whose nodes are merely away is waited for.
    private Fault? Refuse(JobSubmission request) =>
        catalog.Find(request.Caller, request.Model) is null && !catalog.IsFilling
            && (request.Caller.AllowedModels?.Contains(request.Model) == false || !peers.IsKnownElsewhere(request.Caller.Namespace, request.Model))
            ? Fault.NotFound($"The model '{Shown(request.Model)}' does not exist or you do not have access to it. GET /v1/models lists the models there are.", "model_not_found", "model")
            : null;

    private static string Shown(string model) => model.Length <= 128 ? model : string.Concat(model.AsSpan(0, 128), "…");
}
