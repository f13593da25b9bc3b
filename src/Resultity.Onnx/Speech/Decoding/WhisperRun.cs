using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Decoding;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>One sequence over one piece of encoded sound: tokens go in, scores for the next one come out. For one thread.</summary>
internal sealed class WhisperRun : IDisposable
{
    private readonly WhisperGraphs _graphs;
    private readonly WhisperConfig _config;
    private readonly OrtValue _sound;
    private readonly RunOptions _options;
    private readonly string[] _firstOutputs, _stepOutputs;
    private readonly bool _attention;
    private IDisposableReadOnlyCollection<OrtValue>? _first, _last;
    private int _rows;

    /// <param name="graphs">The model.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="sound">The encoder's output; stays the caller's.</param>
    /// <param name="attention">Whether to keep where each token looked.</param>
    /// <param name="options">Of the caller's run; terminating them ends a step.</param>
    public WhisperRun(WhisperGraphs graphs, WhisperConfig config, OrtValue sound, bool attention, RunOptions options)
    {
        (_graphs, _config, _sound, _attention, _options) = (graphs, config, sound, attention && graphs.ShowsAttention, options);
        string[] looks = _attention ? graphs.Attentions : [];
        _firstOutputs = ["logits", .. graphs.SelfPresent, .. graphs.CrossPresent, .. looks];
        _stepOutputs = ["logits", .. graphs.SelfPresent, .. looks];
    }

    /// <summary>Tokens that went in.</summary>
    public int Length { get; private set; }

    /// <summary>Where the alignment heads looked, on average, when the token after the latest one was chosen; null where it is not kept.</summary>
    public float[]? Look { get; private set; }

    /// <summary>Takes tokens in and gives the scores after the last of them, or after an earlier one.</summary>
    public void Feed(ReadOnlySpan<long> tokens)
    {
        var ids = tokens.ToArray();
        using var input = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        var (session, outputs) = _first is null ? (_graphs.First, _firstOutputs) : (_graphs.Steps, _stepOutputs);
        var owned = new List<OrtValue>();
        try
        {
            var (names, values) = Inputs(session, input, owned);
            var result = session.Run(_options, names, values, outputs);
            if (!ReferenceEquals(_last, _first)) _last?.Dispose();
            _last = result;
            _first ??= result;
        }
        finally
        {
            foreach (var value in owned) value.Dispose();
        }
        Length += ids.Length;
        _rows = ids.Length;
        Look = _attention ? Attention(outputs) : null;
    }

    /// <summary>Reads the scores after one of the tokens that went in last.</summary>
    public void Scores(int row, Span<float> target) =>
        Tensors.Read(_last![0], _graphs.LogitsType, row * (Tensors.Count(_last[0], _graphs.LogitsType) / _rows), target);

    public void Dispose()
    {
        if (!ReferenceEquals(_last, _first)) _last?.Dispose();
        _first?.Dispose();
    }

    private (List<string> Names, List<OrtValue> Values) Inputs(InferenceSession session, OrtValue input, List<OrtValue> owned)
    {
        var (names, values) = (new List<string>(), new List<OrtValue>());
        foreach (var (name, meta) in session.InputMetadata)
        {
            names.Add(name);
            values.Add(name switch
            {
                "input_ids" => input,
                "encoder_hidden_states" => _sound,
                "use_cache_branch" => Own(OrtValue.CreateTensorValueFromMemory(new[] { _first is not null }, [1])),
                "cache_position" => Own(OrtValue.CreateTensorValueFromMemory(new[] { (long)Length }, [1])),
                _ when _graphs.CacheInput(name) is var (cross, index) => _first is null ? Own(Empty()) : cross ? _first[1 + _graphs.SelfPresent.Length + index] : _last![1 + index],
                _ => throw new ModelLoadException($"The decoder's graph wants an input '{name}' of {meta.ElementDataType} that this engine does not give."),
            });
        }
        return (names, values);

        OrtValue Own(OrtValue value)
        {
            owned.Add(value);
            return value;
        }
    }

    private OrtValue Empty() => _graphs.CacheType == TensorElementType.Float16
        ? OrtValue.CreateTensorValueFromMemory(Array.Empty<Float16>(), [1, _config.Heads, 0, _config.HeadDimension])
        : OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, _config.Heads, 0, _config.HeadDimension]);

    private float[] Attention(string[] outputs)
    {
        var look = new float[_config.Positions];
        var heads = _config.AlignmentHeads!;
        foreach (var (layer, head) in heads)
        {
            var value = _last![outputs.Length - _config.Layers + layer];
            var type = value.GetTensorTypeAndShape().ElementDataType;
            var width = Tensors.Count(value, type) / (_config.Heads * _rows);
            var row = new float[Math.Min(width, look.Length)];
            Tensors.Read(value, type, ((head * _rows) + _rows - 1) * width, row);
            for (var i = 0; i < row.Length; i++) look[i] += row[i] / heads.Length;
        }
        return look;
    }
}
