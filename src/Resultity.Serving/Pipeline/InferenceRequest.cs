using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Metering;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Pipeline;

/// <summary>One validated request, however it arrived: an opaque body in a typed envelope.</summary>
public sealed class InferenceRequest
{
    /// <summary>The identifier that clients see as <c>x-request-id</c> (<c>req_…</c>).</summary>
    public required string Id { get; init; }

    /// <summary>What is to be computed.</summary>
    public required InferenceEndpoint Endpoint { get; init; }

    /// <summary>Who asks.</summary>
    public required Caller Caller { get; init; }

    /// <summary>The model's name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The client's bytes. The creator owns them and keeps them unchanged until the stream is disposed.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body's content type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Where the value of <c>model</c> stands in the body, quotes included.</summary>
    public ByteRange ModelRange { get; init; }

    /// <summary>The client named no model, so that one was chosen, and the body does not say which.</summary>
    public bool NamesNoModel { get; init; }

    /// <summary>Where the value of <c>stream_options</c> stands in the body.</summary>
    public ByteRange StreamOptionsRange { get; init; }

    /// <summary>Whether the answer is to be streamed as events.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the client asked for a usage chunk (<c>stream_options.include_usage</c>).</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The most tokens of answer that the client asked for, over all choices; <see langword="null"/> if it did not say.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether the answer is one plain text, so that another node can go on from its beginning.</summary>
    public bool IsPlainText { get; init; }

    /// <summary>Which queue it waits in.</summary>
    public Priority Priority { get; init; }

    /// <summary>After this instant the request is given up; <see langword="null"/> leaves it to the pipeline's options.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Hash of the prompt's beginning; requests that share it prefer the node that has it in its prefix cache. 0 means none.</summary>
    public ulong PrefixHash { get; init; }

    /// <summary>W3C trace context of the caller's span, for the node.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Where the request has got to, for queue comments and status objects.</summary>
    public RequestProgress Progress { get; internal init; } = new();

    /// <summary>Several models to ask, if the body names them; <see langword="null"/> where <see cref="Model"/> says it all.</summary>
    public MultimodelSpec? Multimodel { get; init; }

    /// <summary>The name that the caller may use, if it is not that of the model: who may use several models by their name may use each for that.</summary>
    internal string? AdmittedAs { get; init; }

    /// <summary>The nodes of other members of the same call.</summary>
    internal SiblingNodes? Siblings { get; init; }

    /// <summary>Whether another request was admitted for the whole that this is a share of.</summary>
    internal bool IsAdmitted { get; set; }

    /// <summary>Whether it may wait for a slot.</summary>
    internal bool MayQueue { get; init; } = true;

    /// <summary>Who takes what the attempts use; <see langword="null"/> leaves it to the pipeline's meter. Set before the start.</summary>
    public IUsageRecorder? Recorder { get; set; }

    /// <summary>The same request over other memory with the same bytes, with a progress of its own.</summary>
    public InferenceRequest WithBody(ReadOnlyMemory<byte> body) => Copy(Id, body, Recorder);

    /// <summary>The same request under another identifier, with a progress of its own.</summary>
    /// <param name="id">The identifier.</param>
    /// <param name="recorder">Who takes what the attempts use.</param>
    public InferenceRequest WithIdentity(string id, IUsageRecorder recorder) => Copy(id, Body, recorder);

    private InferenceRequest Copy(string id, ReadOnlyMemory<byte> body, IUsageRecorder? recorder) => new()
    {
        Id = id,
        Endpoint = Endpoint,
        Caller = Caller,
        Model = Model,
        Body = body,
        ContentType = ContentType,
        ModelRange = ModelRange,
        NamesNoModel = NamesNoModel,
        StreamOptionsRange = StreamOptionsRange,
        Stream = Stream,
        IncludeUsage = IncludeUsage,
        MaxOutputTokens = MaxOutputTokens,
        IsPlainText = IsPlainText,
        Priority = Priority,
        Deadline = Deadline,
        PrefixHash = PrefixHash,
        TraceParent = TraceParent,
        Recorder = recorder,
        Multimodel = Multimodel,
    };
}
