using System.Numerics.Tensors;

namespace Resultity.Onnx.Text.Sampling;

/// <summary>Natural logarithms of the model's probabilities, read before anything changes its scores.</summary>
internal static class LogProbabilities
{
    /// <summary>What to subtract from a score to have its log-probability.</summary>
    public static float Normaliser(ReadOnlySpan<float> logits, SamplerScratch scratch)
    {
        var most = TensorPrimitives.Max(logits);
        var weights = scratch.Weights.AsSpan(0, logits.Length);
        TensorPrimitives.Subtract(logits, most, weights);
        TensorPrimitives.Exp(weights, weights);
        return most + MathF.Log(TensorPrimitives.Sum(weights));
    }

    /// <summary>The likeliest tokens, best first; of equals, the lower id.</summary>
    public static TokenLogprob[] Top(ReadOnlySpan<float> logits, float normaliser, int count)
    {
        var top = new TokenLogprob[Math.Min(count, logits.Length)];
        var filled = 0;
        for (var id = 0; id < logits.Length; id++)
        {
            if (filled == top.Length && !(logits[id] > top[filled - 1].Logprob)) continue;
            if (filled < top.Length) filled++;
            var at = filled - 1;
            for (; at > 0 && logits[id] > top[at - 1].Logprob; at--) top[at] = top[at - 1];
            top[at] = new TokenLogprob(id, logits[id]);
        }
        for (var i = 0; i < top.Length; i++) top[i] = top[i] with { Logprob = top[i].Logprob - normaliser };
        return top;
    }
}
