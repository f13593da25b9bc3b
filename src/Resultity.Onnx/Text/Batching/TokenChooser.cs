using Resultity.Onnx.Text.Sampling;

namespace Resultity.Onnx.Text.Batching;

/// <summary>Turns one sequence's logits into its next token: constraint, log-probabilities, sampling, end.</summary>
internal sealed class TokenChooser(SamplerScratch scratch)
{
    /// <summary>Writes the sequence's next token, or finds that it ends.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="logits">Its scores, which are written on.</param>
    /// <returns>Why it ended; null if it goes on.</returns>
    public FinishReason? Next(Sequence sequence, Span<float> logits)
    {
        var request = sequence.Request;
        var wantsLogprobs = request.Logprobs || request.TopLogprobs > 0;
        var normaliser = float.NaN;
        TokenLogprob[]? top = null;
        if (wantsLogprobs)
        {
            logits.CopyTo(scratch.Original);
            normaliser = LogProbabilities.Normaliser(logits, scratch);
            if (request.TopLogprobs > 0) top = LogProbabilities.Top(logits, normaliser, request.TopLogprobs);
        }

        var token = sequence.Sampler.Next(logits, Allowed(sequence), scratch);
        if (token < 0)
            return request.Constraint is { CanEnd: false }
                ? throw new InvalidOperationException("The constraint allows no token, and does not allow the end.")
                : FinishReason.Stop;
        if (Array.IndexOf(sequence.EndTokens, token) >= 0) return FinishReason.Stop;

        request.Constraint?.Accept(token);
        sequence.Append(token);
        sequence.Generation.Write(new GeneratedToken(token, wantsLogprobs ? scratch.Original[token] - normaliser : float.NaN, top));
        return sequence.Written == sequence.TokenLimit ? FinishReason.Length : null;
    }

    private ReadOnlySpan<uint> Allowed(Sequence sequence)
    {
        if (sequence.Request.Constraint is not { } constraint) return default;
        var allowed = scratch.Allowed;
        constraint.FillAllowed(allowed);
        var end = constraint.CanEnd;
        foreach (var token in sequence.EndTokens)
        {
            if ((uint)token >= (uint)scratch.Vocabulary) continue;
            var bit = 1u << (token & 31);
            allowed[token >> 5] = end ? allowed[token >> 5] | bit : allowed[token >> 5] & ~bit;
        }
        return allowed;
    }
}
