using Resultity.Onnx.Graphs;

namespace Resultity.Onnx.Diffusion;

/// <summary>What a prompt is to the UNet.</summary>
/// <param name="Hidden">A vector for each token, one behind the other.</param>
/// <param name="Width">A vector's length.</param>
/// <param name="Pooled">One vector for the whole prompt; empty where the model has none.</param>
/// <param name="Tokens">Tokens of the text.</param>
internal sealed record PromptMeaning(float[] Hidden, int Width, float[] Pooled, int Tokens)
{
    /// <summary>The same, of zeros.</summary>
    public PromptMeaning Zero() => new(new float[Hidden.Length], Width, new float[Pooled.Length], 0);
}

/// <summary>One text encoder with its tokenizer.</summary>
internal sealed class TextTower : IDisposable
{
    private readonly ModelGraph _graph;
    private readonly ClipTokenizer _tokenizer;
    private readonly string _hidden;
    private readonly string? _pooled;

    private TextTower(ModelGraph graph, ClipTokenizer tokenizer, string hidden, string? pooled) =>
        (_graph, _tokenizer, _hidden, _pooled) = (graph, tokenizer, hidden, pooled);

    public int Length => _tokenizer.Length;

    /// <summary>Loads a tower.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="number">Empty for the first tower, <c>_2</c> for the second.</param>
    /// <param name="penultimate">Whether the last layer but one counts, as in SDXL.</param>
    /// <param name="threads">Threads; 0 leaves it to the engine.</param>
    /// <exception cref="ModelLoadException">It does not run.</exception>
    public static TextTower Load(string folder, string number, bool penultimate, int threads)
    {
        var home = Path.Combine(folder, "text_encoder" + number);
        var positions = ConfigFile.TryRead(home, "config.json")?.Number("max_position_embeddings", 3, 4096);
        var tokenizer = ClipTokenizer.Load(Path.Combine(folder, "tokenizer" + number), positions);
        var graph = ModelGraph.Open(Path.Combine(home, "model.onnx"), threads);
        try
        {
            graph.Expect(["input_ids"]);
            return new TextTower(graph, tokenizer, HiddenOf(graph, penultimate), Array.Find(["text_embeds", "pooler_output"], graph.HasOutput));
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>Reads a prompt.</summary>
    public PromptMeaning Read(string prompt)
    {
        var (tokens, count) = _tokenizer.Encode(prompt);
        var names = _pooled is null ? new[] { _hidden } : [_hidden, _pooled];
        using var ids = _graph.Feed("input_ids", tokens, 1, tokens.Length);
        using var results = _graph.Run(new Dictionary<string, Microsoft.ML.OnnxRuntime.OrtValue> { ["input_ids"] = ids }, names);
        var hidden = ModelGraph.Floats(results[0]);
        return new PromptMeaning(hidden, hidden.Length / tokens.Length, _pooled is null ? [] : ModelGraph.Floats(results[1]), count);
    }

    /// <summary>Two towers' meanings, token by token side by side; the pooled vector is the second one's.</summary>
    public static PromptMeaning Join(PromptMeaning first, PromptMeaning second)
    {
        var length = first.Hidden.Length / first.Width;
        var width = first.Width + second.Width;
        var hidden = new float[length * width];
        for (var token = 0; token < length; token++)
        {
            first.Hidden.AsSpan(token * first.Width, first.Width).CopyTo(hidden.AsSpan(token * width));
            second.Hidden.AsSpan(token * second.Width, second.Width).CopyTo(hidden.AsSpan((token * width) + first.Width));
        }

        return new PromptMeaning(hidden, width, second.Pooled, Math.Max(first.Tokens, second.Tokens));
    }

    public void Dispose() => _graph.Dispose();

    private static string HiddenOf(ModelGraph graph, bool penultimate)
    {
        const string layers = "hidden_states.";
        var numbers = graph.Outputs.Where(static name => name.StartsWith(layers, StringComparison.Ordinal))
            .Select(static name => int.TryParse(name.AsSpan(layers.Length), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : -1).Order().ToList();
        if (penultimate && numbers.Count >= 2) return layers + numbers[^2].ToString(System.Globalization.CultureInfo.InvariantCulture);
        return graph.HasOutput("last_hidden_state") ? "last_hidden_state" : throw new ModelLoadException($"The text encoder has no output 'last_hidden_state'; it has {string.Join(", ", graph.Outputs)}.");
    }
}
