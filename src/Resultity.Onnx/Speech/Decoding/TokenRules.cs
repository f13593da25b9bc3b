using System.Numerics.Tensors;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>Which tokens may follow: Whisper's rules for suppressed tokens and for times, which come in pairs and never go back.</summary>
internal sealed class TokenRules(WhisperConfig config, WhisperTokens tokens, bool times)
{
    /// <summary>Takes the score from whatever may not follow.</summary>
    public void Apply(Span<float> scores, IReadOnlyList<int> written)
    {
        foreach (var token in config.Suppressed) Forbid(scores, token..(token + 1));
        if (written.Count == 0)
            foreach (var token in config.SuppressedAtBegin) Forbid(scores, token..(token + 1));
        Forbid(scores, (tokens.End + 1)..tokens.FirstTime);
        if (times) ApplyTimes(scores, written);
        else Forbid(scores, tokens.FirstTime..scores.Length);
    }

    private void ApplyTimes(Span<float> scores, IReadOnlyList<int> written)
    {
        if (written.Count == 0)
        {
            Forbid(scores, ..tokens.FirstTime);
            Forbid(scores, Math.Min(scores.Length, tokens.FirstTime + config.LatestBegin + 1)..scores.Length);
            return;
        }
        var afterTime = tokens.IsTime(written[^1]);
        var afterPair = afterTime && (written.Count < 2 || tokens.IsTime(written[^2]));
        if (afterPair) Forbid(scores, tokens.FirstTime..scores.Length);
        else if (afterTime) Forbid(scores, ..tokens.End);
        for (var i = written.Count - 1; i >= 0; i--)
        {
            if (!tokens.IsTime(written[i])) continue;
            // A segment may begin where the last one ended, but takes some time itself.
            Forbid(scores, tokens.FirstTime..Math.Min(scores.Length, written[i] + (afterTime && !afterPair ? 0 : 1)));
            break;
        }
        Forbid(scores, Math.Min(scores.Length, tokens.FirstTime + config.Positions + 1)..scores.Length);
        // If some time is likelier than any text, it is time for one.
        var time = scores[tokens.FirstTime..];
        var most = TensorPrimitives.Max<float>(time);
        if (time.IsEmpty || float.IsNegativeInfinity(most)) return;
        var sum = 0f;
        foreach (var score in time) sum += MathF.Exp(score - most);
        if (most + MathF.Log(sum) > TensorPrimitives.Max<float>(scores[..tokens.FirstTime])) Forbid(scores, ..tokens.FirstTime);
    }

    private static void Forbid(Span<float> scores, Range range)
    {
        var (start, end) = (Math.Min(range.Start.GetOffset(scores.Length), scores.Length), Math.Min(range.End.GetOffset(scores.Length), scores.Length));
        if (start < end) scores[start..end].Fill(float.NegativeInfinity);
    }
}
