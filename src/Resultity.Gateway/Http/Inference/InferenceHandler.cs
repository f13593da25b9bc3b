using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>What all inference endpoints have in common: read, validate, run, and deliver whole, as a stream, or later.</summary>
internal sealed class InferenceHandler(
    InferencePipeline pipeline,
    AdmissionControl admission,
    StreamDelivery streams,
    IEnumerable<IPollingSubmission> polling,
    IOptions<GatewayHttpOptions> options,
    TimeProvider time)
{
    private readonly IPollingSubmission? _polling = polling.FirstOrDefault();
    private readonly int _limit = options.Value.JsonBodyLimit;

    /// <summary>Handles a request to the endpoint that the shape belongs to.</summary>
    public async Task HandleAsync(HttpContext context, BodyShape shape)
    {
        if (!(await JsonBodyReader.ReadAsync(context, _limit)).TryGet(out var body, out var refused))
        {
            await RefuseBodyAsync(context, refused);
            return;
        }

        using (body)
        {
            if (Read(context, shape, body).TryGet(out var request, out var fault))
            {
                await RunAsync(context, request);
            }
            else
            {
                await FaultWriter.WriteAsync(context, fault);
            }
        }
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

    private Outcome<InferenceRequest> Read(HttpContext context, BodyShape shape, PooledBody body)
    {
        if (!BodyScan.Read(body.Memory.Span, shape).TryGet(out var envelope, out var fault)
            || !RequestHints.Deadline(context.Request, time).TryGet(out var deadline, out fault))
        {
            return fault;
        }

        return RequestFactory.Make(
            shape.Endpoint, context.RequestId, context.Caller, envelope, body.Memory, Priority.Interactive, deadline, RequestHints.TraceParent(context.Request));
    }

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
        var outcome = await pipeline.StartAsync(request, context.RequestAborted);
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
            response.ContentType = stream.ContentType;
            response.ContentLength = stream.Body.Length;
            await response.BodyWriter.WriteAsync(stream.Body);
        }
    }
}
