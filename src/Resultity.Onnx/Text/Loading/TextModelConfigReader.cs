namespace Resultity.Onnx.Text.Loading;

/// <summary>Reads config.json and generation_config.json of a decoder, as Hugging Face's transformers writes them.</summary>
internal static class TextModelConfigReader
{
    private const int LongestContext = 16 << 20, LargestVocabulary = 4 << 20, DefaultLongest = 8192;

    /// <summary>Reads and checks the files.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="contextLength">The operator's bound on the context; 0 for the default.</param>
    /// <exception cref="ModelLoadException">A file or key is missing or out of range.</exception>
    public static TextModelConfig Read(string folder, int contextLength)
    {
        var file = ConfigFile.Read(folder, "config.json");
        var text = file.Object("text_config") ?? file;
        var generation = ConfigFile.TryRead(folder, "generation_config.json");
        var vocabulary = text.Required("vocab_size", 1, LargestVocabulary);
        var layers = text.Required("num_hidden_layers", 1, 1024);
        var heads = text.Required("num_attention_heads", 1, 4096);
        var keyValueHeads = text.Number("num_key_value_heads", 1, 4096) ?? heads;
        if (heads % keyValueHeads != 0) throw new ModelLoadException($"config.json: num_attention_heads {heads} is not a multiple of num_key_value_heads {keyValueHeads}.");
        var own = text.Required("max_position_embeddings", 1, LongestContext);
        return new TextModelConfig
        {
            ModelType = text.Text("model_type") ?? "unknown",
            ContextLength = contextLength > 0 ? Math.Min(own, contextLength) : Math.Min(own, DefaultLongest),
            VocabularySize = vocabulary,
            BeginToken = Begin(text, vocabulary) ?? (generation is { } g ? Begin(g, vocabulary) : null),
            EndTokens = generation?.Numbers("eos_token_id", 0, vocabulary - 1) ?? text.Numbers("eos_token_id", 0, vocabulary - 1) ?? [],
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadDimension = HeadDimension(text, heads),
            Rotary = ReadRotary(text),
        };
    }

    private static int? Begin(ConfigFile file, int vocabulary) => file.Numbers("bos_token_id", 0, vocabulary - 1) is [var first, ..] ? first : null;

    private static int HeadDimension(ConfigFile text, int heads)
    {
        if (text.Number("head_dim", 1, 4096) is { } given) return given;
        var hidden = text.Required("hidden_size", 1, 1 << 20);
        if (hidden % heads != 0) throw new ModelLoadException($"config.json: hidden_size {hidden} is not a multiple of num_attention_heads {heads}, and there is no head_dim.");
        return hidden / heads;
    }

    private static Rotary ReadRotary(ConfigFile text)
    {
        var rotary = new Rotary
        {
            Theta = text.Real("rope_theta", 1, 1e12) ?? 10_000,
            PartialFactor = text.Real("partial_rotary_factor", 0.01, 1) ?? 1,
        };
        // transformers 5 keeps theta and scaling together in rope_parameters.
        if ((text.Object("rope_scaling") ?? text.Object("rope_parameters")) is not { } scaling) return rotary;
        var kind = scaling.Text("rope_type") ?? scaling.Text("type");
        return rotary with
        {
            Theta = scaling.Real("rope_theta", 1, 1e12) ?? rotary.Theta,
            Scaling = kind is "default" ? null : kind,
            Factor = scaling.Real("factor", 1, 1e6) ?? 1,
            LowFrequencyFactor = scaling.Real("low_freq_factor", 1e-3, 1e6) ?? 1,
            HighFrequencyFactor = scaling.Real("high_freq_factor", 1e-3, 1e6) ?? 4,
            OriginalContext = scaling.Number("original_max_position_embeddings", 1, LongestContext) ?? 0,
        };
    }
}
