using Resultity.Onnx.Graphs;
using Resultity.Onnx.Text.Loading;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Classification;

/// <summary>A text classifier in the layout of transformers' sequence classification with an ONNX export: tokens in, one score per label out.</summary>
/// <remarks>
/// Thread-safe. Inputs: <c>input_ids</c>, <c>attention_mask</c>, optionally <c>token_type_ids</c>. Output: <c>logits</c>.
/// Labels come from <c>id2label</c>; with <c>problem_type</c> <c>multi_label_classification</c> each has a probability of its own, otherwise they share one.
/// </remarks>
public sealed class ClassificationModel : IDisposable
{
    private const int Longest = 1 << 20, MostLabels = 4096;

    private readonly ModelGraph _graph;
    private readonly Tokenizer _tokenizer;
    private readonly bool _independent;

    private ClassificationModel(ModelGraph graph, Tokenizer tokenizer, IReadOnlyList<string> labels, bool independent, int maxTokens)
    {
        (_graph, _tokenizer, Labels, _independent, MaxTokens) = (graph, tokenizer, labels, independent, maxTokens);
        graph.Expect(["input_ids", "attention_mask", "token_type_ids"], "logits");
    }

    /// <summary>The labels, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The most tokens of one text; longer ones are read in windows.</summary>
    public int MaxTokens { get; }

    /// <summary>Loads a folder.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static ClassificationModel Load(string folder, int threads = 0)
    {
        var config = ConfigFile.Read(folder, "config.json");
        var named = config.Texts("id2label") ?? throw new ModelLoadException("config.json: id2label is missing.");
        if (named.Count is 0 or > MostLabels) throw new ModelLoadException($"config.json: id2label must name 1 to {MostLabels} labels.");
        var labels = Enumerable.Range(0, named.Count).Select(id => named.GetValueOrDefault(id.ToString(System.Globalization.CultureInfo.InvariantCulture))
            ?? throw new ModelLoadException($"config.json: id2label does not name label {id}.")).ToArray();
        var longest = config.Number("max_position_embeddings", 4, Longest) ?? 512;

        // What it was trained on may be shorter than what it has positions for; a tokenizer without a limit says so by an enormous number.
        if (ConfigFile.TryRead(folder, "tokenizer_config.json")?.Real("model_max_length", 4, double.MaxValue) is { } trained && trained < longest) longest = (int)trained;
        ModelGraph? graph = null;
        try
        {
            graph = ModelGraph.Open(GraphFile.Find(folder, null), threads);
            return new ClassificationModel(graph, Tokenizer.Load(folder), labels, config.Text("problem_type") == "multi_label_classification", longest);
        }
        catch (Exception e)
        {
            graph?.Dispose();
            if (e is TokenizerFormatException) throw new ModelLoadException($"'{folder}': {e.Message}", e);
            throw;
        }
    }

    /// <summary>The probability of each label for a text, and how many tokens it has. Of a long text the highest of its windows counts. Takes the caller's thread.</summary>
    public (float[] Scores, int Tokens) Classify(string text, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(text);
        var frame = _tokenizer.Encode("", addSpecialTokens: true, parseSpecialTokens: false);
        var (before, after) = (frame.AsSpan(0, (frame.Length + 1) / 2).ToArray(), frame.AsSpan((frame.Length + 1) / 2).ToArray());
        var body = _tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false);
        var window = Math.Max(1, MaxTokens - frame.Length);
        var scores = new float[Labels.Count];
        for (var start = 0; start == 0 || start < body.Length; start += Math.Max(1, window / 2))
        {
            cancellation.ThrowIfCancellationRequested();
            var part = body.AsSpan(start, Math.Min(window, body.Length - start));
            int[] tokens = [.. before, .. part, .. after];
            var found = Score(tokens);
            for (var label = 0; label < scores.Length; label++) scores[label] = Math.Max(scores[label], found[label]);
            if (start + window >= body.Length) break;
        }

        return (scores, body.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => _graph.Dispose();

    private float[] Score(int[] tokens)
    {
        var inputs = new List<(string, Microsoft.ML.OnnxRuntime.OrtValue)> { ("input_ids", _graph.Feed("input_ids", tokens, 1, tokens.Length)) };
        if (_graph.HasInput("attention_mask")) inputs.Add(("attention_mask", _graph.Feed("attention_mask", Enumerable.Repeat(1, tokens.Length).ToArray(), 1, tokens.Length)));
        if (_graph.HasInput("token_type_ids")) inputs.Add(("token_type_ids", _graph.Feed("token_type_ids", new int[tokens.Length], 1, tokens.Length)));
        var (logits, _) = _graph.RunOne("logits", inputs.ToArray());
        if (logits.Length != Labels.Count) throw new ModelLoadException($"The graph gives {logits.Length} scores where config.json's id2label names {Labels.Count} labels.");
        if (_independent) return Array.ConvertAll(logits, static logit => 1 / (1 + MathF.Exp(-logit)));
        var most = logits.Max();
        var total = logits.Sum(logit => MathF.Exp(logit - most));
        return Array.ConvertAll(logits, logit => MathF.Exp(logit - most) / total);
    }
}
