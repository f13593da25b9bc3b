using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.TestKit.Speech;

/// <summary>A Whisper-type model with random weights in a folder of its own, laid out as optimum exports it, with a decoder for the first step and one for the rest.</summary>
public sealed class RandomWhisper : IDisposable
{
    private const TensorElementType Float = TensorElementType.Float, Long = TensorElementType.Int64;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resultity-whisper");
    private readonly int _width, _heads, _layers, _vocabulary, _mels, _positions, _length;

    /// <param name="width">Of hidden states.</param>
    /// <param name="heads">Of attention.</param>
    /// <param name="layers">Of the encoder and of the decoder.</param>
    /// <param name="text">Tokens of text.</param>
    /// <param name="mels">Bands of the features.</param>
    /// <param name="positions">Of the encoder.</param>
    /// <param name="length">Of the decoder's sequence.</param>
    /// <param name="looks">Whether the decoder gives its cross-attention out.</param>
    public RandomWhisper(int width, int heads, int layers, int text, int mels = 80, int positions = 1500, int length = 448, bool looks = false)
    {
        string[] control = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"];
        (_width, _heads, _layers, _mels, _positions, _length) = (width, heads, layers, mels, positions, length);
        _vocabulary = text + control.Length + positions + 1;
        Directory.CreateDirectory(this["onnx"]);
        File.WriteAllBytes(this["onnx/encoder_model.onnx"], Encoder());
        File.WriteAllBytes(this["onnx/decoder_model.onnx"], Decoder(first: true, looks));
        File.WriteAllBytes(this["onnx/decoder_with_past_model.onnx"], Decoder(first: false, looks));
        File.WriteAllText(this["config.json"], new JsonObject
        {
            ["architectures"] = new JsonArray("WhisperForConditionalGeneration"),
            ["model_type"] = "whisper",
            ["d_model"] = width,
            ["decoder_layers"] = layers,
            ["encoder_layers"] = layers,
            ["decoder_attention_heads"] = heads,
            ["num_mel_bins"] = mels,
            ["vocab_size"] = _vocabulary,
            ["max_source_positions"] = positions,
            ["max_target_positions"] = length,
        }.ToJsonString());
        var generation = new JsonObject { ["is_multilingual"] = true, ["no_timestamps_token_id"] = text + control.Length - 1, ["begin_suppress_tokens"] = new JsonArray(text) };
        if (looks) generation["alignment_heads"] = new JsonArray(new JsonArray(layers - 1, 0));
        File.WriteAllText(this["generation_config.json"], generation.ToJsonString());
        var added = new JsonArray();
        for (var i = 0; i < control.Length; i++) added.Add(new JsonObject { ["id"] = text + i, ["content"] = control[i], ["special"] = true });
        var vocabulary = new JsonObject();
        foreach (var name in Bytes().Concat(Enumerable.Range(0, text).Select(static i => $"Ġt{i}")).Take(text)) vocabulary[name] = vocabulary.Count;
        var level = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        File.WriteAllText(this["tokenizer.json"], new JsonObject
        {
            ["added_tokens"] = added,
            ["pre_tokenizer"] = level.DeepClone(),
            ["decoder"] = level,
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        }.ToJsonString());
    }

    public string Path => _folder.FullName;

    public int Text => _vocabulary - _positions - 11;

    public int Positions => _positions;

    public int Heads => _heads;

    public int Layers => _layers;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public void Dispose() => _folder.Delete(recursive: true);

    private byte[] Encoder()
    {
        var g = new GraphWriter(1);
        var x = g.Input("input_features", Float, "batch_size", _mels, 2 * _positions);
        x = g.Gelu(g.Node("Conv", [x, g.Weight(0.1, _width, _mels, 3), g.Weight(0.1, _width)], ("pads", new long[] { 1, 1 }), ("kernel_shape", new long[] { 3 })));
        x = g.Gelu(g.Node("Conv", [x, g.Weight(0.05, _width, _width, 3), g.Weight(0.1, _width)], ("pads", new long[] { 1, 1 }), ("kernel_shape", new long[] { 3 }), ("strides", new long[] { 2 })));
        x = g.Node("Add", [g.Node("Transpose", [x], ("perm", new long[] { 0, 2, 1 })), g.Weight(1, _positions, _width)]);
        for (var layer = 0; layer < _layers; layer++)
        {
            var h = g.Norm(x, _width);
            var (attended, _) = Attend(g, g.Linear(h, _width, _width), Split(g, g.Linear(h, _width, _width)), Split(g, g.Linear(h, _width, _width)), mask: null);
            x = g.Node("Add", [x, g.Linear(attended, _width, _width)]);
            x = g.Node("Add", [x, Mlp(g, g.Norm(x, _width))]);
        }
        g.Output("last_hidden_state", Float, g.Norm(x, _width), "batch_size", _positions, _width);
        return g.Write();
    }

    private byte[] Decoder(bool first, bool looks)
    {
        var g = new GraphWriter(2);
        var ids = g.Input("input_ids", Long, "batch_size", "sequence_length");
        var sound = first ? g.Input("encoder_hidden_states", Float, "batch_size", _positions, _width) : "";
        var table = g.Weight(1, _vocabulary, _width);
        var positions = g.Weight(1, _length, _width);
        var count = g.Node("Slice", [g.Node("Shape", [ids]), g.Longs(1), g.Longs(2)]);
        string Cache(int layer, string side, string kv) => g.Input($"past_key_values.{layer}.{side}.{kv}", Float, "batch_size", _heads, $"{side}_length", _width / _heads);
        var past = first ? [] : Enumerable.Range(0, _layers).Select(i => (Cache(i, "decoder", "key"), Cache(i, "decoder", "value"), Cache(i, "encoder", "key"), Cache(i, "encoder", "value"))).ToArray();
        var before = first ? g.Longs(0) : g.Node("Slice", [g.Node("Shape", [past[0].Item1]), g.Longs(2), g.Longs(3)]);
        var x = g.Node("Add", [g.Node("Gather", [table, ids]), g.Node("Slice", [positions, before, g.Node("Add", [before, count]), g.Longs(0)])]);
        // Later steps take one token at a time and may look at all before it.
        var square = g.Node("Concat", [count, count], ("axis", 0));
        var mask = first ? g.Node("Mul", [g.Node("Trilu", [g.Node("Expand", [g.Scalar(1), square]), g.Node("Squeeze", [g.Longs(1)])], ("upper", 1)), g.Scalar(-1e9f)]) : null;
        for (var layer = 0; layer < _layers; layer++)
        {
            var h = g.Norm(x, _width);
            var (query, key, value) = (g.Linear(h, _width, _width), Split(g, g.Linear(h, _width, _width, bias: false)), Split(g, g.Linear(h, _width, _width)));
            if (!first) (key, value) = (g.Node("Concat", [past[layer].Item1, key], ("axis", 2)), g.Node("Concat", [past[layer].Item2, value], ("axis", 2)));
            Give(g, $"present.{layer}.decoder.key", key);
            Give(g, $"present.{layer}.decoder.value", value);
            var (attended, _) = Attend(g, query, key, value, mask);
            x = g.Node("Add", [x, g.Linear(attended, _width, _width)]);
            query = g.Linear(g.Norm(x, _width), _width, _width);
            // Drawn in both graphs, so that their other weights are the same.
            var (keys, values) = (Projection(g, sound), Projection(g, sound));
            if (first)
            {
                Give(g, $"present.{layer}.encoder.key", keys);
                Give(g, $"present.{layer}.encoder.value", values);
            }
            else (keys, values) = (past[layer].Item3, past[layer].Item4);
            (attended, var weights) = Attend(g, query, keys, values, mask: null);
            if (looks) g.Output($"cross_attentions.{layer}", Float, weights, "batch_size", _heads, "sequence_length", _positions);
            x = g.Node("Add", [x, g.Linear(attended, _width, _width)]);
            x = g.Node("Add", [x, Mlp(g, g.Norm(x, _width))]);
        }
        g.Output("logits", Float, g.Node("MatMul", [g.Norm(x, _width), g.Node("Transpose", [table], ("perm", new long[] { 1, 0 }))]), "batch_size", "sequence_length", _vocabulary);
        return g.Write();
    }

    private string Projection(GraphWriter g, string sound)
    {
        var weight = g.Weight(1 / Math.Sqrt(_width), _width, _width);
        return sound.Length == 0 ? "" : Split(g, g.Node("MatMul", [sound, weight]));
    }

    private void Give(GraphWriter g, string name, string value) => g.Output(name, Float, value, "batch_size", _heads, $"{name}_length", _width / _heads);

    private string Mlp(GraphWriter g, string x) => g.Linear(g.Gelu(g.Linear(x, _width, 4 * _width)), 4 * _width, _width);

    private string Split(GraphWriter g, string x) => g.Node("Transpose", [g.Node("Reshape", [x, g.Longs(0, 0, _heads, _width / _heads)])], ("perm", new long[] { 0, 2, 1, 3 }));

    private (string Result, string Weights) Attend(GraphWriter g, string query, string keys, string values, string? mask)
    {
        var scores = g.Node("MatMul", [g.Node("Mul", [Split(g, query), g.Scalar(1 / MathF.Sqrt(_width / _heads))]), g.Node("Transpose", [keys], ("perm", new long[] { 0, 1, 3, 2 }))]);
        if (mask is not null) scores = g.Node("Add", [scores, mask]);
        var weights = g.Node("Softmax", [scores], ("axis", -1));
        var joined = g.Node("Transpose", [g.Node("MatMul", [weights, values])], ("perm", new long[] { 0, 2, 1, 3 }));
        return (g.Node("Reshape", [joined, g.Longs(0, 0, _width)]), weights);
    }

    /// <summary>The printable stand-ins for the 256 bytes, in GPT-2's order.</summary>
    private static IEnumerable<string> Bytes()
    {
        var extra = 256;
        for (var b = 0; b < 256; b++)
            yield return ((char)(b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? b : extra++)).ToString();
    }
}
