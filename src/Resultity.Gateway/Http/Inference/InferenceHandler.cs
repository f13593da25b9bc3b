using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Retries;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>What all inference endpoints have in common: read, validate, run, and deliver whole, as a stream, or later.</summary>
internal sealed class InferenceHandler(
    InferencePipeline pipeline,
    RequestFactory requests,
    AdmissionControl admission,
    StreamDelivery streams,
    LiveRequests live,
    IEnumerable<IPollingSubmission> polling,
    IdempotentRequests idempotency,
    SdkRetries retries,
    IEnumerable<IAnswerChange> changes,
    IEnumerable<IBodyChange> bodyChanges,
    IOptions<GatewayHttpOptions> options,
    TimeProvider time)
{
    private readonly IAnswerChange[] _changes = [.. changes];
    private readonly IBodyChange[] _bodyChanges = [.. bodyChanges];
    private readonly IPollingSubmission? _polling = polling.FirstOrDefault();
    private readonly int _limit = options.Value.JsonBodyLimit;
    private readonly string _spoolFolder = options.Value.SpoolFolder;

    /// <summary>Handles a request to the endpoint that the shape belongs to.</summary>
    public Task HandleAsync(HttpContext context, BodyShape shape) => HandleAsync(context, shape, RunAsync);

    /// <summary>Reads and checks a request, and leaves it to the caller to run it.</summary>
    /// <param name="context">The HTTP request.</param>
    /// <param name="shape">What its body looks like.</param>
    /// <param name="run">Runs it and answers. The request's body is gone when the task has completed.</param>
    public async Task HandleAsync(HttpContext context, BodyShape shape, Func<HttpContext, InferenceRequest, Task> run)
    {
        if (!(await ReadBodyAsync(context, shape)).TryGet(out var body, out var refused))
        {
            await RefuseBodyAsync(context, refused);
            return;
        }

        using (body)
        {
            if (Read(context, shape, body).TryGet(out var request, out var fault))
            {
                await (IdempotentRequests.IsAskedBy(context.Request) ? RunKeyedAsync(context, request, run)
                    : SdkRetries.IsWatched(context.Request) ? retries.RunAsync(context, body.Memory, request.Stream && !RequestHints.WantsPolling(context.Request), () => run(context, request))
                    : run(context, request));
            }
            else
            {
                await FaultWriter.WriteAsync(context, fault);
            }
        }
    }

    private async ValueTask<Outcome<RequestBody>> ReadBodyAsync(HttpContext context, BodyShape shape)
    {
        if (shape.Form is { } form && FormReader.IsForm(context.Request.ContentType))
        {
            return await FormBodyReader.ReadAsync(context, form.MaxBytes, _spoolFolder);
        }

        if (!(await JsonBodyReader.ReadAsync(context, _limit)).TryGet(out var body, out var fault))
        {
            return fault;
        }

        RequestBody current = body;
        foreach (var change in _bodyChanges)
        {
            if (change.Wants(shape.Endpoint, current.Memory.Span))
            {
                using var before = current;
                if (!(await change.ChangeAsync(context, before.Memory)).TryGet(out var changed, out fault))
                {
                    return fault;
                }

                // A change may give back what it got, whose memory goes with it.
                current = new HeldBody(changed.Equals(before.Memory) ? changed.ToArray() : changed);
            }
        }

        return current;
    }

    private static async Task RefuseBodyAsync(HttpContext context, Fault fault)
    {
        await FaultWriter.WriteAsync(context, fault);
        if (fault.Kind is FaultKind.TooLarge)
        {
            await context.Response.CompleteAsync();
            await JsonBodyReader.DrainAsync(context);
        }
    }

    private Outcome<InferenceRequest> Read(HttpContext context, BodyShape shape, RequestBody body)
    {
        var contentType = ContentTypeOf(context.Request, shape);
        if (!BodyScan.Read(body.Memory.Span, contentType, shape).TryGet(out var envelope, out var fault)
            || !RequestHints.Deadline(context.Request, time).TryGet(out var deadline, out fault))
        {
            return fault;
        }

        return requests.Make(
            shape.Endpoint, context.RequestId, context.Caller, envelope, body.Memory, contentType, Priority.Interactive, deadline, RequestHints.TraceParent(context.Request));
    }

    /// <summary>What the node is told: a form's own type, which names its boundary; otherwise JSON, however the client wrote that.</summary>
    private static string ContentTypeOf(HttpRequest request, BodyShape shape) =>
        shape.Form is not null && FormReader.IsForm(request.ContentType) ? request.ContentType! : "application/json";

    private Task RunKeyedAsync(HttpContext context, InferenceRequest request, Func<HttpContext, InferenceRequest, Task> run) =>
        idempotency.RunAsync(context, request.Body, keyed => run(context, request.WithIdentity(context.RequestId, keyed.Usage)));

    private Task RunAsync(HttpContext context, InferenceRequest request)
    {
        if (_polling is not null && RequestHints.WantsPolling(context.Request))
        {
            return _polling.SubmitAsync(context, request);
        }

        return request.Stream ? streams.DeliverAsync(context, request) : DeliverWholeAsync(context, request);
    }

    private async Task DeliverWholeAsync(HttpContext context, InferenceRequest request)
    {
        using var running = live.Open(request.Endpoint.Path, request, context.RequestAborted);
        var outcome = await pipeline.StartAsync(request, running.Stop);
        RateLimitHeaders.Write(context.Response, admission.Read(request.Caller));
        if (!outcome.TryGet(out var stream, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        await using (stream)
        {
            var response = context.Response;
            AnswerHeaders.Write(response, request, stream);
            if (stream.IsBinary)
            {
                await PieceDelivery.WriteAsync(context, stream);
                return;
            }

            var body = stream.Body;
            if (request.Endpoint.IsMedia && Array.Find(_changes, change => change.Wants(body.Span)) is { } found)
            {
                body = await found.ChangeAsync(context, body);
            }

            response.ContentType = stream.ContentType;
            response.ContentLength = body.Length;
            await response.BodyWriter.WriteAsync(body);
        }
    }
}
