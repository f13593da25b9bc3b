namespace Resultity.Onnx.Embeddings;

/// <summary>What an embedding model's files say: transformers' config.json and sentence-transformers' modules.json and what that names.</summary>
internal sealed record EmbeddingConfig(Pooling Pooling, bool Normalize, int MaxTokens, int VocabularySize, int PadToken)
{
    private const int Longest = 1 << 20, LargestVocabulary = 4 << 20;

    private static readonly (string Key, Pooling Pooling)[] Modes =
    [
        ("pooling_mode_mean_tokens", Pooling.Mean), ("pooling_mode_cls_token", Pooling.Cls), ("pooling_mode_max_tokens", Pooling.Max),
        ("pooling_mode_mean_sqrt_len_tokens", Pooling.MeanSqrtLength), ("pooling_mode_lasttoken", Pooling.LastToken), ("pooling_mode_weightedmean_tokens", Pooling.WeightedMean),
    ];

    /// <exception cref="ModelLoadException">A file or key is missing or out of range.</exception>
    public static EmbeddingConfig Read(string folder)
    {
        var config = ConfigFile.Read(folder, "config.json");
        var vocabulary = config.Required("vocab_size", 1, LargestVocabulary);
        var pad = config.Number("pad_token_id", 0, vocabulary - 1) ?? 0;
        var longest = config.Number("max_position_embeddings", 1, Longest) ?? 512;
        // RoBERTa counts positions from after the padding token's id.
        if (config.Text("model_type") is "roberta" or "xlm-roberta" or "camembert") longest -= pad + 1;
        if (ConfigFile.TryRead(folder, "sentence_bert_config.json")?.Number("max_seq_length", 1, Longest) is { } limit) longest = Math.Min(longest, limit);
        if (longest < 1) throw new ModelLoadException("config.json: max_position_embeddings leaves no room for a token.");
        // A model without modules.json is a plain encoder; the mean, normalised, is what such are used with.
        var (pooling, normalize) = ConfigFile.TryReadArray(folder, "modules.json") is { } modules ? ReadModules(folder, modules) : (Pooling.Mean, true);
        return new EmbeddingConfig(pooling, normalize, longest, vocabulary, pad);
    }

    private static (Pooling, bool) ReadModules(string folder, ConfigFile[] modules)
    {
        var (pooling, normalize) = (Pooling.Mean, false);
        foreach (var module in modules)
            switch (module.Text("type")?.Split('.')[^1])
            {
                case "Transformer": break;
                case "Normalize": normalize = true; break;
                case "Pooling": pooling = ReadPooling(folder, module.Text("path") ?? ""); break;
                case var other: throw new ModelLoadException($"modules.json names a module '{other}' that this engine does not run.");
            }
        return (pooling, normalize);
    }

    private static Pooling ReadPooling(string folder, string path)
    {
        // The name comes from the model's author; it must not lead out of the folder.
        if (path.Length == 0 || path != Path.GetFileName(path) || path is "." or "..") throw new ModelLoadException($"modules.json: the pooling's path '{path}' is not the name of a folder.");
        var file = ConfigFile.Read(folder, Path.Combine(path, "config.json"));
        var chosen = Modes.Where(mode => file.Flag(mode.Key) == true).Select(mode => mode.Pooling).ToList();
        return chosen.Count == 1 ? chosen[0] : throw new ModelLoadException($"{path}/config.json chooses {chosen.Count} ways of pooling; this engine runs one.");
    }
}
