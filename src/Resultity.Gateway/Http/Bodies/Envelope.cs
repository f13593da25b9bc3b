using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>What the gateway took from a body that is right.</summary>
internal readonly record struct Envelope
{
    /// <summary>The model's name as the client wrote it; of several, their names as one.</summary>
    public required string Model { get; init; }

    /// <summary>Where the value of <c>model</c> stands, quotes included; nowhere if several are named otherwise.</summary>
    public required ByteRange ModelRange { get; init; }

    /// <summary>Where the value of <c>stream_options</c> stands.</summary>
    public ByteRange StreamOptionsRange { get; init; }

    /// <summary>The models, if there are several that the body names by fields.</summary>
    public MultimodelSpec? Multimodel { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a usage chunk was asked for.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The most tokens of answer over all choices.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether the answer is one plain text.</summary>
    public bool IsPlainText { get; init; }

    /// <summary>Hash of the prompt's beginning; 0 for none.</summary>
    public ulong PrefixHash { get; init; }
}
