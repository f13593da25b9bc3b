namespace Resultity.Onnx.Text.Sampling;

/// <summary>What a sequence has said so far, and how that lowers scores.</summary>
internal sealed class Penalties
{
    private readonly SamplingOptions _options;
    private readonly Dictionary<int, int> _written = [];
    private readonly HashSet<int>? _seen;

    private Penalties(SamplingOptions options, ReadOnlySpan<int> prompt)
    {
        _options = options;
        if (options.RepetitionPenalty == 1) return;
        _seen = [];
        foreach (var token in prompt) _seen.Add(token);
    }

    /// <summary>Null if the options ask for none.</summary>
    public static Penalties? For(SamplingOptions options, ReadOnlySpan<int> prompt) =>
        options is { FrequencyPenalty: 0, PresencePenalty: 0, RepetitionPenalty: 1 } ? null : new Penalties(options, prompt);

    /// <summary>Counts a token of the answer.</summary>
    public void Count(int token)
    {
        _written[token] = _written.GetValueOrDefault(token) + 1;
        _seen?.Add(token);
    }

    public void Apply(Span<float> logits)
    {
        foreach (var token in _seen ?? [])
        {
            if ((uint)token >= (uint)logits.Length) continue;
            ref var score = ref logits[token];
            score = score > 0 ? score / _options.RepetitionPenalty : score * _options.RepetitionPenalty;
        }
        if (_options is { FrequencyPenalty: 0, PresencePenalty: 0 }) return;
        foreach (var (token, times) in _written) logits[token] -= _options.PresencePenalty + times * _options.FrequencyPenalty;
    }
}
