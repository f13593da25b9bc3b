using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.Onnx.Text.Loading;

/// <summary>The inputs and outputs of a decoder's graph, as optimum and transformers.js name them, checked against the configuration.</summary>
internal sealed class DecoderSignature
{
    private DecoderSignature(bool positions, TensorElementType cache, TensorElementType logits, int heads, int dimension, string[] past, string[] present)
    {
        (HasPositions, CacheType, LogitsType, Heads, Dimension, Past, Present) = (positions, cache, logits, heads, dimension, past, present);
    }

    /// <summary>Whether positions are an input. Without it the graph derives them, and padded batches would shift them.</summary>
    public bool HasPositions { get; }

    /// <summary>Float or Float16.</summary>
    public TensorElementType CacheType { get; }
    public TensorElementType LogitsType { get; }

    /// <summary>Heads of keys and values, and the width of one.</summary>
    public int Heads { get; }
    public int Dimension { get; }

    /// <summary>Names of the cache's inputs and outputs: key and value of layer 0, of layer 1, …</summary>
    public string[] Past { get; }
    public string[] Present { get; }

    public int ElementBytes => CacheType == TensorElementType.Float16 ? 2 : 4;

    /// <summary>Memory that one token's keys and values take.</summary>
    public long BytesPerToken => (long)Past.Length * Heads * Dimension * ElementBytes;

    /// <exception cref="ModelLoadException">The graph is not such a decoder, or contradicts the configuration.</exception>
    public static DecoderSignature Read(InferenceSession session, TextModelConfig config)
    {
        string[] past = Names(config.Layers, "past_key_values"), present = Names(config.Layers, "present");
        foreach (var (name, input) in session.InputMetadata)
        {
            var known = name is "input_ids" or "attention_mask" or "position_ids" || past.Contains(name);
            if (!known) throw new ModelLoadException($"The graph wants an input '{name}' that this engine does not give; it runs decoders with {config.Layers} layers of past_key_values.");
            if (name is "input_ids" or "attention_mask" or "position_ids" && input.ElementDataType != TensorElementType.Int64)
                throw new ModelLoadException($"The graph's input '{name}' is {input.ElementDataType}; it must be Int64.");
        }
        foreach (var name in (string[])["input_ids", "attention_mask", .. past])
            if (!session.InputMetadata.ContainsKey(name)) throw new ModelLoadException($"The graph has no input '{name}', though config.json says {config.Layers} layers.");
        foreach (var name in (string[])["logits", .. present])
            if (!session.OutputMetadata.ContainsKey(name)) throw new ModelLoadException($"The graph has no output '{name}', though config.json says {config.Layers} layers.");

        var cache = session.InputMetadata[past[0]];
        Supported(past[0], cache.ElementDataType);
        var shape = cache.Dimensions;
        if (shape.Length != 4) throw new ModelLoadException($"The graph's input '{past[0]}' has {shape.Length} dimensions; it must have 4.");
        foreach (var name in past)
        {
            var other = session.InputMetadata[name];
            if (other.ElementDataType != cache.ElementDataType || !other.Dimensions.AsSpan(1).SequenceEqual(shape.AsSpan(1)))
                throw new ModelLoadException($"The graph's input '{name}' differs from '{past[0]}' in type or shape.");
        }
        var logits = session.OutputMetadata["logits"];
        Supported("logits", logits.ElementDataType);
        return new DecoderSignature(session.InputMetadata.ContainsKey("position_ids"), cache.ElementDataType, logits.ElementDataType,
            Agree("num_key_value_heads", shape[1], config.KeyValueHeads), Agree("head_dim", shape[3], config.HeadDimension), past, present);
    }

    private static string[] Names(int layers, string prefix)
    {
        var names = new string[2 * layers];
        for (var i = 0; i < names.Length; i++) names[i] = $"{prefix}.{i / 2}.{(i % 2 == 0 ? "key" : "value")}";
        return names;
    }

    private static void Supported(string name, TensorElementType type)
    {
        if (type is not (TensorElementType.Float or TensorElementType.Float16))
            throw new ModelLoadException($"The graph's '{name}' is {type}; it must be Float or Float16.");
    }

    private static int Agree(string key, int graph, int config) =>
        graph == config || graph < 0 ? config : throw new ModelLoadException($"The graph says {graph} where config.json's {key} is {config}.");
}
