using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Graphs;

namespace Resultity.Onnx.Captioning;

/// <summary>How a decoder remembers the tokens before: the names of its cache, or that it has none and reads everything anew.</summary>
internal sealed class CaptionCache
{
    private readonly string[] _past, _present, _outputs;
    private readonly CaptionConfig _config;
    private readonly bool _hasBranch;

    private CaptionCache(CaptionConfig config, string[] past, string[] present, bool hasBranch)
    {
        (_config, _past, _present, _hasBranch) = (config, past, present, hasBranch);
        _outputs = ["logits", .. present];
    }

    /// <exception cref="ModelLoadException">The graph is not such a decoder.</exception>
    public static CaptionCache Of(ModelGraph decoder, CaptionConfig config)
    {
        string[] Names(string prefix) => [.. Enumerable.Range(0, 2 * config.Layers).Select(i => $"{prefix}.{i / 2}.{(i % 2 == 0 ? "key" : "value")}")];
        string[] past = Names("past_key_values"), present = Names("present");
        if (!decoder.HasInput(past[0])) (past, present) = ([], []);
        decoder.Expect(["input_ids", "encoder_hidden_states", "use_cache_branch", .. past], ["logits", .. present]);
        return new CaptionCache(config, past, present, decoder.HasInput("use_cache_branch"));
    }

    /// <summary>The memory of one caption.</summary>
    public static Memory Begin() => new();

    /// <summary>The scores of the token that follows those written.</summary>
    public float[] Step(ModelGraph decoder, OrtValue hidden, Memory memory, List<int> written)
    {
        var cached = _past.Length > 0;
        var tokens = cached ? [written[^1]] : written.ToArray();
        var feed = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        using var ids = decoder.Feed("input_ids", tokens, 1, tokens.Length);
        using var branch = OrtValue.CreateTensorValueFromMemory([memory.Values is not null], [1]);
        feed["input_ids"] = ids;
        feed["encoder_hidden_states"] = hidden;
        if (_hasBranch) feed["use_cache_branch"] = branch;
        memory.Values ??= [.. _past.Select(name => decoder.Feed(name, Array.Empty<float>(), 1, _config.Heads, 0, _config.HeadDimension))];
        for (var i = 0; i < _past.Length; i++) feed[_past[i]] = memory.Values[i];
        var results = decoder.Run(feed, _outputs);
        memory.Replace(results, _present.Length);
        var logits = ModelGraph.Floats(results[0]);
        return tokens.Length == 1 ? logits : logits[^(logits.Length / tokens.Length)..];
    }

    /// <summary>Keys and values so far.</summary>
    internal sealed class Memory : IDisposable
    {
        private IDisposable? _owner;

        public OrtValue[]? Values { get; set; }

        public void Replace(IDisposableReadOnlyCollection<OrtValue> results, int count)
        {
            Free();
            _owner = results;
            Values = [.. results.Skip(1).Take(count)];
        }

        public void Dispose() => Free();

        private void Free()
        {
            if (_owner is not null) _owner.Dispose();
            else foreach (var value in Values ?? []) value.Dispose();
            (_owner, Values) = (null, null);
        }
    }
}
