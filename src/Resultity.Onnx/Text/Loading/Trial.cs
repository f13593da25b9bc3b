using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Decoding;

namespace Resultity.Onnx.Text.Loading;

/// <summary>Computes a little of everything that serving does: a prompt, its continuation, a far position, a ragged batch, a batch that shrinks.</summary>
/// <remarks>It finds a graph that cannot run when it is loaded, and tells whether a rewritten graph computes what the exported one does.</remarks>
internal sealed record Trial(float[][] Logits)
{
    private const int FarPosition = 600;

    public int Vocabulary => Logits[0].Length;

    /// <summary>Runs a graph, and tells it its vocabulary.</summary>
    /// <exception cref="ModelLoadException">The logits are not numbers.</exception>
    public static Trial Run(DecoderGraph graph, TextModelConfig config)
    {
        using var decoder = graph.CreateDecoder(2, config.ContextLength);
        var results = new List<float[]>();
        var near = decoder.Open();
        Prefill(near, [.. Enumerable.Range(0, Math.Min(5, config.ContextLength / 2)).Select(i => i % config.VocabularySize)]);
        if (config.ContextLength >= 32)
        {
            Prefill(near, [7 % config.VocabularySize, 6 % config.VocabularySize, 9 % config.VocabularySize]);
            var far = decoder.Open();
            using (var past = Noise(graph.Signature, Math.Min(FarPosition, config.ContextLength - 8))) decoder.Restore(far, past, past.Tokens);
            Prefill(far, [3 % config.VocabularySize, 8 % config.VocabularySize]);
            decoder.Step([near, far], [2 % config.VocabularySize, 4 % config.VocabularySize]);
            Keep(near);
            Keep(far);
            decoder.Close(near);
            decoder.Step([far], [5 % config.VocabularySize]);
            Keep(far);
            decoder.Close(far);
        }
        graph.Vocabulary = results[0].Length;
        return new Trial([.. results]);

        void Prefill(KvRow row, int[] tokens)
        {
            decoder.Prefill(row, tokens);
            Keep(row);
        }

        void Keep(KvRow row)
        {
            var logits = decoder.Logits(row);
            foreach (var value in logits)
                if (float.IsNaN(value)) throw new ModelLoadException("The graph computes logits that are not numbers.");
            results.Add(logits.ToArray());
        }
    }

    /// <summary>Whether another graph computes the same, but for rounding.</summary>
    public static bool Agrees(DecoderGraph graph, TextModelConfig config, Trial expected)
    {
        Trial found;
        try
        {
            found = Run(graph, config);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ModelLoadException)
        {
            return false;
        }
        // Where weights are quantized, activations are too in some kernels; a wrong graph is off by whole units.
        var half = graph.Signature.CacheType == TensorElementType.Float16 || graph.Signature.LogitsType == TensorElementType.Float16;
        var tolerance = half ? 3e-2f : 2e-3f;
        for (var i = 0; i < expected.Logits.Length; i++)
        {
            if (found.Logits[i].Length != expected.Logits[i].Length) return false;
            var scale = Math.Max(1, TensorPrimitives.MaxMagnitude<float>(expected.Logits[i]));
            if (!(TensorPrimitives.Distance<float>(expected.Logits[i], found.Logits[i]) <= tolerance * Math.Abs(scale) * MathF.Sqrt(found.Logits[i].Length))) return false;
        }
        return true;
    }

    // Keys and values as large as real ones, the same each time.
    private static KvSnapshot Noise(DecoderSignature signature, int tokens)
    {
        var random = new Random(1);
        var snapshot = new KvSnapshot(signature.Past.Length * signature.Heads, tokens, signature.Dimension * signature.ElementBytes);
        for (var run = 0; run < signature.Past.Length * signature.Heads; run++)
        {
            var bytes = snapshot.Run(run, tokens);
            if (signature.CacheType == TensorElementType.Float16)
                foreach (ref var value in MemoryMarshal.Cast<byte, Half>(bytes)) value = (Half)(random.NextSingle() * 2 - 1);
            else
                foreach (ref var value in MemoryMarshal.Cast<byte, float>(bytes)) value = random.NextSingle() * 2 - 1;
        }
        return snapshot;
    }
}
