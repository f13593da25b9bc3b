using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>A validated request for a response. What is only echoed or passed on stays JSON.</summary>
/// <param name="Root">The request's object.</param>
internal sealed record ResponseRequest(JsonElement Root)
{
    /// <summary>The model's name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>Whether fields beside <c>model</c> name several models.</summary>
    public bool NamesSeveral { get; init; }

    /// <summary>Whether the answer is to be streamed as events.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the response is made while nobody waits for it.</summary>
    public bool Background { get; init; }

    /// <summary>Whether the response is kept, so that it can be read and continued.</summary>
    public bool Store { get; init; } = true;

    /// <summary>The response that this one continues.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>The most tokens of answer.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether several function calls may be made at once.</summary>
    public bool ParallelToolCalls { get; init; } = true;

    /// <summary>How many likely tokens to list at each place.</summary>
    public int TopLogprobs { get; init; }

    /// <summary>Whether the tokens' log probabilities are wanted.</summary>
    public bool IncludesLogprobs { get; init; }

    /// <summary>Whether old items may be left out where the input is longer than the model's context.</summary>
    public bool TruncatesInput { get; init; }

    /// <summary>A member of the request; <see langword="null"/> if it is absent or null.</summary>
    public JsonElement? Field(string name) => Root.Member(name);
}
