using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Resultity.Onnx.Tests.Text;

/// <summary>The reference: the whole sequence computed anew for each token, without a cache, a batch or anything of the engine's.</summary>
internal sealed class NaiveDecoder(string folder, int layers = 6, int heads = 2, int dimension = 32) : IDisposable
{
    private readonly InferenceSession _session = new(Path.Combine(folder, "onnx", "model.onnx"), new SessionOptions { IntraOpNumThreads = 1 });
    private readonly ConcurrentDictionary<string, Lazy<int[]>> _greedy = [];

    public float[] Logits(IReadOnlyList<int> tokens)
    {
        var inputs = new Dictionary<string, OrtValue>
        {
            ["input_ids"] = Row([.. tokens.Select(t => (long)t)]),
            ["attention_mask"] = Row([.. tokens.Select(_ => 1L)]),
            ["position_ids"] = Row([.. Enumerable.Range(0, tokens.Count).Select(i => (long)i)]),
        };
        for (var i = 0; i < 2 * layers; i++)
            inputs[$"past_key_values.{i / 2}.{(i % 2 == 0 ? "key" : "value")}"] = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, heads, 0, dimension]);
        using var options = new RunOptions();
        using var results = _session.Run(options, inputs, ["logits"]);
        var all = results[0].GetTensorDataAsSpan<float>();
        return all[^(all.Length / tokens.Count)..].ToArray();
    }

    /// <summary>The likeliest continuation up to an end token of the model.</summary>
    public int[] Greedy(int[] prompt, int count) => Greedy(prompt, count, 0, 2);

    public int[] GreedyWithoutEnd(int[] prompt, int count) => Greedy(prompt, count, []);

    private int[] Greedy(int[] prompt, int count, params int[] endTokens) =>
        _greedy.GetOrAdd($"{string.Join(' ', prompt)}|{count}|{endTokens.Length}", _ => new(() => Compute(prompt, count, endTokens))).Value;

    private int[] Compute(int[] prompt, int count, int[] endTokens)
    {
        List<int> all = [.. prompt];
        while (all.Count < prompt.Length + count)
        {
            var next = TensorPrimitives.IndexOfMax(Logits(all));
            if (endTokens.Contains(next)) break;
            all.Add(next);
        }
        return [.. all.Skip(prompt.Length)];
    }

    public void Dispose() => _session.Dispose();

    private static OrtValue Row(long[] values) => OrtValue.CreateTensorValueFromMemory(values, [1, values.Length]);
}
