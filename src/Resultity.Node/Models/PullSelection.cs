namespace Resultity.Node.Models;

/// <summary>Which of a repository's files a model needs here: its configuration, its tokenizer and one variant of its ONNX graph.</summary>
internal static class PullSelection
{
    private static readonly string[] SmallFiles =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "chat_template.jinja", "chat_template.json", "vocab.json", "vocab.txt", "merges.txt", "modules.json", "sentence_bert_config.json",
        "config_sentence_transformers.json", "1_Pooling/config.json", "preprocessor_config.json", "processor_config.json", "LICENSE", "LICENSE.txt", "LICENSE.md",
    ];

    /// <summary>Chooses the files.</summary>
    /// <param name="files">All files of the repository.</param>
    /// <param name="variant">The graph's variant, such as <c>fp16</c> or <c>q4</c>; <see langword="null"/> takes full precision, or the only one there is.</param>
    /// <exception cref="PullException">There is no such graph.</exception>
    public static IReadOnlyList<HubFile> Choose(HubRepository repository, IReadOnlyList<HubFile> files, string? variant)
    {
        if (files.All(file => file.Path != "config.json")) throw new PullException(PullFailure.NotFound, $"{repository.Id} has no config.json: it is not a model of this kind.");
        var graphs = new Dictionary<string, HubFile>(StringComparer.Ordinal);
        // A graph in onnx/ comes after one beside the configuration, and takes its place.
        foreach (var file in files.Where(file => IsGraph(file.Path)).OrderBy(file => file.Path.Contains('/', StringComparison.Ordinal))) graphs[Variant(file.Path)] = file;
        if (graphs.Count == 0)
        {
            throw new PullException(PullFailure.NotFound, $"{repository.Id} has no ONNX files. Look for an export of it, often under onnx-community/.");
        }

        var chosen = variant ?? (graphs.ContainsKey("") || graphs.Count > 1 ? "" : graphs.Keys.Single());
        if (!graphs.TryGetValue(chosen, out var graph))
        {
            var there = string.Join(", ", graphs.Keys.Order(StringComparer.Ordinal).Select(name => name.Length == 0 ? "full" : name));
            throw new PullException(PullFailure.NotFound, $"{repository.Id} has no variant '{(chosen.Length == 0 ? "full" : chosen)}'. It has: {there}.");
        }

        // External weights lie beside their graph: model.onnx_data, model.onnx_data_1, model.onnx.data.
        return [.. files.Where(file => SmallFiles.Contains(file.Path) || file == graph || IsWeightsOf(graph.Path, file.Path))];
    }

    /// <summary><c>full</c>, as users write it, is the graph without a suffix.</summary>
    public static string? Normalise(string? variant) => variant is "full" or "fp32" ? "" : variant;

    private static bool IsGraph(string path)
    {
        var name = path.StartsWith("onnx/", StringComparison.Ordinal) ? path[5..] : path;
        return name.EndsWith(".onnx", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal)
            && (name == "model.onnx" || name.StartsWith("model_", StringComparison.Ordinal));
    }

    private static string Variant(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name.Length > 6 ? name[6..] : "";
    }

    private static bool IsWeightsOf(string graph, string path) =>
        path.Length > graph.Length && path.StartsWith(graph, StringComparison.Ordinal) && path[graph.Length] is '_' or '.' && path.AsSpan(graph.Length + 1).StartsWith("data");
}
