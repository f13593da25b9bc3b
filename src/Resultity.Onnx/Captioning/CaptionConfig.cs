using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Captioning;

/// <summary>What a captioner's files say: config.json, generation_config.json and preprocessor_config.json.</summary>
internal sealed record CaptionConfig
{
    private const int LargestVocabulary = 4 << 20, LongestText = 4096, LargestSide = 4096;

    /// <summary>The token that begins every text.</summary>
    public required int Start { get; init; }

    /// <summary>The token that ends it.</summary>
    public required int End { get; init; }

    /// <summary>The most tokens of a text.</summary>
    public required int MaxTokens { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int HeadDimension { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required Resampling Resampling { get; init; }

    /// <summary>Per channel: a pixel of 0..255 times the scale plus the offset is what the encoder wants.</summary>
    public required float[] Scale { get; init; }

    public required float[] Offset { get; init; }

    /// <exception cref="ModelLoadException">A file or key is missing or out of range.</exception>
    public static CaptionConfig Read(string folder)
    {
        var config = ConfigFile.Read(folder, "config.json");
        var decoder = config.Object("decoder") ?? throw new ModelLoadException("config.json: decoder is missing; a captioner is a vision-encoder-decoder.");
        var generation = ConfigFile.TryRead(folder, "generation_config.json") ?? config;
        var vocabulary = decoder.Required("vocab_size", 1, LargestVocabulary);
        int Token(string key, int otherwise) => generation.Number(key, 0, vocabulary - 1) ?? config.Number(key, 0, vocabulary - 1) ?? decoder.Number(key, 0, vocabulary - 1) ?? otherwise;
        var end = Token("eos_token_id", vocabulary - 1);
        var heads = decoder.Number("n_head", 1, 1024) ?? decoder.Number("num_attention_heads", 1, 1024) ?? decoder.Required("decoder_attention_heads", 1, 1024);
        var width = decoder.Number("n_embd", 1, 1 << 16) ?? decoder.Number("hidden_size", 1, 1 << 16) ?? decoder.Required("d_model", 1, 1 << 16);
        var positions = decoder.Number("n_positions", 2, 1 << 20) ?? decoder.Number("max_position_embeddings", 2, 1 << 20) ?? 1024;
        var pixels = ConfigFile.TryRead(folder, "preprocessor_config.json");
        var (scale, offset) = Normalisation(pixels);
        var (across, down) = Size(pixels, config);
        return new CaptionConfig
        {
            Start = Token("decoder_start_token_id", end),
            End = end,
            MaxTokens = Math.Min(positions - 1, generation.Number("max_length", 1, LongestText) ?? config.Number("max_length", 1, LongestText) ?? 64),
            Layers = decoder.Number("n_layer", 1, 1024) ?? decoder.Number("num_hidden_layers", 1, 1024) ?? decoder.Required("decoder_layers", 1, 1024),
            Heads = heads,
            HeadDimension = width / heads,
            Width = across,
            Height = down,
            Resampling = (Resampling)(pixels?.Number("resample", 0, 3) ?? 2),
            Scale = scale,
            Offset = offset,
        };
    }

    private static (int Width, int Height) Size(ConfigFile? pixels, ConfigFile config)
    {
        var side = config.Object("encoder")?.Number("image_size", 1, LargestSide) ?? 224;
        if (pixels?.SizeOf("size", LargestSide) is { } size) return size;
        return (side, side);
    }

    private static (float[] Scale, float[] Offset) Normalisation(ConfigFile? pixels)
    {
        var rescale = pixels?.Flag("do_rescale") == false ? 1.0 : pixels?.Real("rescale_factor", 0, 1) ?? 1 / 255.0;
        var normalises = pixels?.Flag("do_normalize") != false;
        var mean = normalises ? pixels?.Reals("image_mean", -1e3, 1e3) ?? [0.5, 0.5, 0.5] : [0, 0, 0];
        var deviation = normalises ? pixels?.Reals("image_std", 1e-6, 1e3) ?? [0.5, 0.5, 0.5] : [1, 1, 1];
        if (mean.Length != 3 || deviation.Length != 3) throw new ModelLoadException("preprocessor_config.json: image_mean and image_std must have three numbers.");
        return ([.. deviation.Select(value => (float)(rescale / value))], [.. mean.Zip(deviation, static (m, d) => (float)(-m / d))]);
    }
}
