using Resultity.Onnx.Text.Sampling;

namespace Resultity.Onnx.Captioning;

/// <summary>Chooses the next token of a caption.</summary>
internal sealed class CaptionDraws(CaptionOptions options)
{
    private SamplerRandom _random = new(options.Seed);

    public int Choose(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[best]) best = token;
        }

        if (options.Temperature <= 0) return best;
        var total = 0.0;
        foreach (var logit in logits) total += Math.Exp((logit - logits[best]) / options.Temperature);
        var left = _random.NextDouble() * total;
        for (var token = 0; token < logits.Length; token++)
        {
            left -= Math.Exp((logits[token] - logits[best]) / options.Temperature);
            if (left <= 0) return token;
        }

        return best;
    }
}
