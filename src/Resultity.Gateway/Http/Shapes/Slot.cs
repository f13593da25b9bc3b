using System.Runtime.CompilerServices;
using System.Text.Json;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>Values that the gateway itself needs from a body, beside checking them.</summary>
internal enum Slot
{
    None = -1,
    Model,
    Stream,
    StreamOptions,
    IncludeUsage,
    N,
    BestOf,
    MaxTokens,
    MaxCompletionTokens,
    Logprobs,
    TopLogprobs,
    Tools,
    ResponseFormat,
    TimestampGranularities,
    Prompt,
    PromptHead,
    Suffix,
    Echo,
    Models,
    Multimodel,
    Count,
}

/// <summary>Where a value stands in the body, and what it is.</summary>
internal readonly record struct Captured(JsonTokenType Token, int Start, int Length, long Integer)
{
    /// <summary>Whether the body has the value, and it is not null.</summary>
    public bool HasValue => Token is not (JsonTokenType.None or JsonTokenType.Null);

    /// <summary>Whether the value is <c>true</c>.</summary>
    public bool IsTrue => Token is JsonTokenType.True;

    /// <summary>Where the value stands.</summary>
    public ByteRange Range => HasValue ? new ByteRange(Start, Length) : default;
}

/// <summary>All captured values of one body.</summary>
[InlineArray((int)Slot.Count)]
internal struct Captures
{
    private Captured _first;

    /// <summary>The value of one slot.</summary>
    public readonly Captured Get(Slot slot) => this[(int)slot];
}
