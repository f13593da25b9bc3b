namespace Resultity.Onnx.Text;

/// <summary>What a text model's configuration files say, checked against its graph.</summary>
public sealed record TextModelConfig
{
    /// <summary>The architecture, as <c>model_type</c> in config.json names it: "llama", "qwen2".</summary>
    public required string ModelType { get; init; }

    /// <summary>Longest sequence in tokens, prompt and answer together.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Number of logits; at least the tokenizer's number of tokens, since exports pad it.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The token that begins a text, if the model has one.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Tokens that end an answer, from generation_config.json or else config.json.</summary>
    public required IReadOnlyList<int> EndTokens { get; init; }

    /// <summary>Number of layers, each with its own keys and values.</summary>
    public required int Layers { get; init; }

    internal int Heads { get; init; }
    internal int KeyValueHeads { get; init; }
    internal int HeadDimension { get; init; }
    internal Rotary Rotary { get; init; } = new();
}

/// <summary>Rotary position embedding as config.json describes it.</summary>
internal sealed record Rotary
{
    public double Theta { get; init; } = 10_000;
    public double PartialFactor { get; init; } = 1;

    /// <summary>Null for none; else <c>rope_scaling</c>'s type, "llama3", "linear", "yarn".</summary>
    public string? Scaling { get; init; }
    public double Factor { get; init; } = 1;
    public double LowFrequencyFactor { get; init; } = 1;
    public double HighFrequencyFactor { get; init; } = 4;
    public int OriginalContext { get; init; }
}
