namespace Resultity.Onnx.Speech;

/// <summary>What a Whisper-type model's folder says about it.</summary>
internal sealed record WhisperConfig
{
    /// <summary>Seconds of sound for one position of the encoder.</summary>
    public const double StepSeconds = 0.02;

    public const int Rate = 16_000, Hop = 160, Window = 400;

    public required int Mels { get; init; }

    /// <summary>Positions of the encoder; a position covers two columns of its input.</summary>
    public required int Positions { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }
    public required int HeadDimension { get; init; }

    /// <summary>Longest sequence of the decoder.</summary>
    public required int Length { get; init; }
    public required int Vocabulary { get; init; }
    public required int[] Suppressed { get; init; }
    public required int[] SuppressedAtBegin { get; init; }

    /// <summary>Latest begin of the first segment, in positions.</summary>
    public required int LatestBegin { get; init; }

    /// <summary>The layers and heads of cross-attention that look where the word is said; null where the export doesn't tell.</summary>
    public required (int Layer, int Head)[]? AlignmentHeads { get; init; }

    public double Seconds => Positions * StepSeconds;

    /// <exception cref="ModelLoadException">A file is missing or contradicts the others.</exception>
    public static WhisperConfig Read(string folder)
    {
        var config = ConfigFile.Read(folder, "config.json");
        var generation = ConfigFile.TryRead(folder, "generation_config.json");
        var features = ConfigFile.TryRead(folder, "preprocessor_config.json");
        var mels = config.Number("num_mel_bins", 1, 512) ?? 80;
        Check(features, "feature_size", mels);
        Check(features, "sampling_rate", Rate);
        Check(features, "hop_length", Hop);
        Check(features, "n_fft", Window);
        int width = config.Required("d_model", 1, 1 << 16), heads = config.Required("decoder_attention_heads", 1, 1024), layers = config.Required("decoder_layers", 1, 256);
        if (width % heads != 0) throw new ModelLoadException($"config.json: d_model {width} is no multiple of decoder_attention_heads {heads}.");
        var vocabulary = config.Required("vocab_size", 1, 1 << 20);
        // One of -1 stands for a list that the reference implementation makes itself.
        int[] Tokens(string key) => [.. (generation?.Numbers(key, -1, 1 << 20, 4096) ?? config.Numbers(key, -1, 1 << 20, 4096) ?? []).Where(token => token >= 0 && token < vocabulary)];
        var alignment = generation?.Pairs("alignment_heads", 0, 1024);
        if (alignment?.FirstOrDefault(pair => pair.First >= layers || pair.Second >= heads) is { } wrong && wrong != default)
            throw new ModelLoadException($"generation_config.json: alignment_heads names head {wrong.Second} of layer {wrong.First}, which is not there.");
        return new WhisperConfig
        {
            Mels = mels,
            Positions = config.Number("max_source_positions", 50, 15_000) ?? 1500,
            Layers = layers,
            Heads = heads,
            HeadDimension = width / heads,
            Length = config.Number("max_target_positions", 16, 1 << 16) ?? 448,
            Vocabulary = vocabulary,
            Suppressed = Tokens("suppress_tokens"),
            SuppressedAtBegin = Tokens("begin_suppress_tokens"),
            LatestBegin = generation?.Number("max_initial_timestamp_index", 0, 15_000) ?? 50,
            AlignmentHeads = alignment is { Length: > 0 } ? alignment : null,
        };
    }

    private static void Check(ConfigFile? features, string key, int expected)
    {
        if (features?.Number(key, 0, 1 << 20) is { } found && found != expected)
            throw new ModelLoadException($"preprocessor_config.json: {key} is {found}; this engine computes features with {expected}.");
    }
}
