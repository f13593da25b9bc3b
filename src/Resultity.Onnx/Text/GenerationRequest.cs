namespace Resultity.Onnx.Text;

/// <summary>One sequence to continue.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt's tokens, at least one. The engine reads it until the generation ends; it must not change meanwhile.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Most tokens to write; the context's end can come first.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>Whether each token carries its log-probability.</summary>
    public bool Logprobs { get; init; }

    /// <summary>How many likeliest alternatives each token carries, at most 20. More than 0 implies <see cref="Logprobs"/>.</summary>
    public int TopLogprobs { get; init; }

    /// <summary>A grammar that the answer must follow. Used by the engine's thread only, until the generation ends.</summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Tokens that end the answer; they are not part of it.</summary>
    /// <value>Null: the model's own. Empty: none, so only a limit ends it.</value>
    public IReadOnlyList<int>? EndTokens { get; init; }
}
