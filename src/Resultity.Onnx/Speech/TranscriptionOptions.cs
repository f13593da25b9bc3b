namespace Resultity.Onnx.Speech;

/// <summary>What a caller wants to have written down.</summary>
public sealed record TranscriptionOptions
{
    /// <summary>Code of the spoken language.</summary>
    /// <value>Null: detected from the beginning.</value>
    public string? Language { get; init; }

    /// <summary>Whether to write English whatever is spoken.</summary>
    public bool Translate { get; init; }

    /// <summary>Text that could stand before: its style and names guide the model in every piece.</summary>
    public string? Prompt { get; init; }

    /// <summary>Randomness of the choice of tokens, 0 to 1.</summary>
    /// <value>0: the likeliest; raised by fifths where the result repeats itself or is unlikely.</value>
    public double Temperature { get; init; }

    /// <summary>Whether segments with times are wanted. Without them each piece is one segment, which is written a little quicker.</summary>
    public bool Segments { get; init; } = true;

    /// <summary>Whether each word's times are wanted.</summary>
    public bool Words { get; init; }

    /// <summary>Which share of the pieces to write down, as (index, count); the others are left to other nodes.</summary>
    public (int Index, int Count) Part { get; init; } = (0, 1);

    /// <summary>Where randomness starts.</summary>
    public ulong Seed { get; init; }
}
