namespace Resultity.Onnx.Text;

/// <summary>How the next token is chosen from the model's scores. Applied in this order: repetition penalty, presence and frequency penalties, bias, constraint, temperature, top-k, top-p, min-p.</summary>
public sealed record SamplingOptions
{
    /// <summary>Always the likeliest token.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>Divides the scores. 0 takes the likeliest token.</summary>
    /// <value>1, as in OpenAI's API.</value>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps the likeliest tokens that together reach this probability.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps this many tokens. 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Drops tokens less likely than this share of the likeliest one's probability.</summary>
    public float MinP { get; init; }

    /// <summary>Subtracted from a score for each time the token was written.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted from a score if the token was written at all.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Divides positive scores and multiplies negative ones of tokens in the prompt or the answer (Keskar et al., CTRL). 1 does nothing.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Added to the scores of single tokens; -100 or less bans one.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Makes the draws repeatable, whatever else the engine is doing. Null draws at random.</summary>
    public long? Seed { get; init; }

    /// <summary>Throws if a value is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not a number or outside its range; names the property.</exception>
    internal void Validate()
    {
        Check(Temperature, 0, 100, nameof(Temperature));
        Check(TopP, 0, 1, nameof(TopP));
        Check(MinP, 0, 1, nameof(MinP));
        Check(FrequencyPenalty, -100, 100, nameof(FrequencyPenalty));
        Check(PresencePenalty, -100, 100, nameof(PresencePenalty));
        Check(RepetitionPenalty, 0.01f, 100, nameof(RepetitionPenalty));
        ArgumentOutOfRangeException.ThrowIfNegative(TopK, nameof(TopK));
        foreach (var (_, bias) in LogitBias ?? EmptyBias)
            if (float.IsNaN(bias)) throw new ArgumentOutOfRangeException(nameof(LogitBias), "A bias is not a number.");
    }

    private static readonly Dictionary<int, float> EmptyBias = [];

    private static void Check(float value, float least, float most, string name)
    {
        if (!(value >= least && value <= most)) throw new ArgumentOutOfRangeException(name, value, $"Must be between {least} and {most}.");
    }
}
