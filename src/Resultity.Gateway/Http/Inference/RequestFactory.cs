using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Serving.Admission;
using Resultity.Serving.Catalog;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Makes a validated request of bytes, the same way for every request type.</summary>
internal sealed class RequestFactory(IEnumerable<BodyShape> shapes, ModelCatalog catalog, SubcloudAccess subclouds) : IRequestReader
{
    private readonly BodyShape[] _shapes = [.. shapes];

    /// <inheritdoc/>
    public Outcome<InferenceRequest> Read(StoredRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Array.Find(_shapes, shape => shape.Endpoint.Path == request.Endpoint) is not { } shape)
        {
            return Fault.Invalid($"The endpoint is not one that can be called this way. Supported values are: {string.Join(", ", _shapes.Select(known => $"'{known.Endpoint.Path}'"))}.", "endpoint");
        }

        return BodyScan.Read(request.Body.Span, request.ContentType, shape).TryGet(out var envelope, out var fault)
            ? Make(shape.Endpoint, request.Id, request.Caller, envelope, request.Body, request.ContentType, request.Priority, request.Deadline, null)
            : fault;
    }

    /// <summary>Puts a request together.</summary>
    public Outcome<InferenceRequest> Make(
        InferenceEndpoint endpoint, string id, Caller caller, in Envelope envelope, ReadOnlyMemory<byte> body, string contentType, Priority priority, DateTimeOffset? deadline, string? traceParent)
    {
        // The route has been asked for it; the lines of a batch have no route.
        if (endpoint.Feature is { } feature && subclouds.Lacks(caller, feature) is { } lacking)
        {
            return lacking;
        }

        var named = envelope.Model.Length > 0;
        if ((named ? envelope.Model : catalog.DefaultFor(endpoint, caller)) is not { } model)
        {
            return Fault.NotFound($"The request names no model, and there is none that you can use for {endpoint.Path}. GET /v1/models lists the models there are.", "model_not_found", "model");
        }

        return new InferenceRequest
        {
            Id = id,
            Endpoint = endpoint,
            Caller = caller,
            Model = model,
            NamesNoModel = !named,
            Body = body,
            ContentType = contentType,
            ModelRange = envelope.ModelRange,
            Multimodel = envelope.Multimodel,
            StreamOptionsRange = envelope.StreamOptionsRange,
            Stream = envelope.Stream,
            IncludeUsage = envelope.IncludeUsage,
            MaxOutputTokens = envelope.MaxOutputTokens,
            IsPlainText = envelope.IsPlainText,
            Priority = priority,
            Deadline = deadline,
            PrefixHash = envelope.PrefixHash,
            TraceParent = traceParent,
        };
    }
}
