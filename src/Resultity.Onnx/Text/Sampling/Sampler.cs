using System.Numerics.Tensors;

namespace Resultity.Onnx.Text.Sampling;

/// <summary>Chooses one sequence's tokens. Its draws depend on its seed and its logits only.</summary>
internal sealed class Sampler
{
    private const int SumBlock = 256;

    private readonly SamplingOptions _options;
    private readonly Penalties? _penalties;
    private readonly KeyValuePair<int, float>[] _bias;
    private SamplerRandom _random;

    /// <exception cref="ArgumentException">An option is outside its range, or a bias names no token.</exception>
    public Sampler(SamplingOptions options, ReadOnlySpan<int> prompt, int vocabulary)
    {
        options.Validate();
        foreach (var token in options.LogitBias?.Keys ?? [])
            if ((uint)token >= (uint)vocabulary) throw new ArgumentOutOfRangeException(nameof(options), token, $"The bias names a token that is not there; there are {vocabulary}.");
        _options = options;
        _bias = options.LogitBias is { } bias ? [.. bias] : [];
        _penalties = Penalties.For(options, prompt);
        _random = new SamplerRandom((ulong)(options.Seed ?? Random.Shared.NextInt64(long.MinValue, long.MaxValue)));
    }

    /// <summary>Chooses a token; writes on the logits.</summary>
    /// <param name="logits">One score for each token.</param>
    /// <param name="allowed">One bit for each token that may be chosen; empty allows all.</param>
    /// <param name="scratch">Buffers.</param>
    /// <returns>The token, or -1 if none is allowed.</returns>
    public int Next(Span<float> logits, ReadOnlySpan<uint> allowed, SamplerScratch scratch)
    {
        _penalties?.Apply(logits);
        foreach (var (token, bias) in _bias) logits[token] = bias <= -100 ? float.NegativeInfinity : logits[token] + bias;
        if (!allowed.IsEmpty) Mask(logits, allowed);
        var best = TensorPrimitives.IndexOfMax(logits);
        // A NaN counts as largest there.
        if (float.IsNaN(logits[best])) throw new InvalidOperationException("The model computed a score that is not a number.");
        if (float.IsNegativeInfinity(logits[best])) return -1;
        var chosen = _options.Temperature == 0 || _options.TopK == 1 || float.IsPositiveInfinity(logits[best]) ? best : Draw(logits, logits[best], scratch);
        _penalties?.Count(chosen);
        return chosen;
    }

    private int Draw(Span<float> logits, float most, SamplerScratch scratch)
    {
        var weights = scratch.Weights.AsSpan(0, logits.Length);
        TensorPrimitives.Subtract(logits, most, weights);
        TensorPrimitives.Divide(weights, _options.Temperature, weights);
        TensorPrimitives.Exp(weights, weights);
        var draw = _random.NextDouble();
        if (_options is { TopK: 0, TopP: >= 1, MinP: 0 }) return DrawFromAll(weights, draw);

        var sum = TensorPrimitives.Sum(weights);
        var least = Math.Max(_options.MinP, float.Epsilon);
        // Tokens below this weight hold less than 1 - TopP together, so the nucleus is complete without them.
        if (_options.TopP < 1) least = Math.Max(least, (1 - _options.TopP) * sum / weights.Length);
        var count = Candidates.Select(weights, Math.Min(least, 1), scratch.Keys, scratch.Ids);
        var keys = scratch.Keys.AsSpan(0, count);
        var ids = scratch.Ids.AsSpan(0, count);
        Candidates.SortDescending(keys, ids);
        if (_options.TopK > 0 && _options.TopK < count)
        {
            count = _options.TopK;
            sum = TensorPrimitives.Sum(keys[..count]);
        }
        if (_options.TopP < 1) count = Candidates.Nucleus(keys[..count], _options.TopP * sum);
        return ids[Pick(keys[..count], draw * TensorPrimitives.Sum(keys[..count]))];
    }

    // Whole blocks are added at once, so that a large vocabulary costs two passes of vector instructions.
    private static int DrawFromAll(ReadOnlySpan<float> weights, double draw)
    {
        var total = 0.0;
        for (var start = 0; start < weights.Length; start += SumBlock) total += TensorPrimitives.Sum(weights.Slice(start, Math.Min(SumBlock, weights.Length - start)));
        var left = draw * total;
        for (var start = 0; start < weights.Length; start += SumBlock)
        {
            var block = weights.Slice(start, Math.Min(SumBlock, weights.Length - start));
            var sum = TensorPrimitives.Sum(block);
            if (left < sum) return start + Pick(block, left);
            left -= sum;
        }
        return LastPossible(weights);
    }

    private static int Pick(ReadOnlySpan<float> weights, double left)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            if (left < weights[i]) return i;
            left -= weights[i];
        }
        return LastPossible(weights);
    }

    // Rounding can leave a remainder after the last weight.
    private static int LastPossible(ReadOnlySpan<float> weights) => weights.LastIndexOfAnyExcept(0f);

    private static void Mask(Span<float> logits, ReadOnlySpan<uint> allowed)
    {
        for (var word = 0; word * 32 < logits.Length; word++)
        {
            var bits = allowed[word];
            var part = logits.Slice(word * 32, Math.Min(32, logits.Length - word * 32));
            if (bits == 0) part.Fill(float.NegativeInfinity);
            else if (bits != uint.MaxValue)
                for (var bit = 0; bit < part.Length; bit++)
                    if ((bits >> bit & 1) == 0) part[bit] = float.NegativeInfinity;
        }
    }
}
