using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Embeddings;

/// <summary>A text encoder in the layout of sentence-transformers with an ONNX export: tokens in, one vector per text out.</summary>
/// <remarks>
/// Thread-safe. Inputs: <c>input_ids</c>, <c>attention_mask</c>, optionally <c>token_type_ids</c> and <c>position_ids</c>.
/// Output: <c>last_hidden_state</c> or <c>token_embeddings</c>, which are pooled as 1_Pooling/config.json says, or else <c>sentence_embedding</c>.
/// </remarks>
public sealed class EmbeddingModel : IDisposable
{
    private static readonly string[] KnownInputs = ["input_ids", "attention_mask", "token_type_ids", "position_ids"];

    private readonly InferenceSession _session;
    private readonly EmbeddingConfig _config;
    private readonly string[] _inputs, _output;
    private readonly int _batchTokens;

    private EmbeddingModel(InferenceSession session, EmbeddingConfig config, string[] inputs, string output, int batchTokens)
    {
        (_session, _config, _inputs, _output, _batchTokens) = (session, config, inputs, [output], batchTokens);
        Dimensions = Run([[config.PadToken]], [0], 0, 1)[0].Length;
    }

    /// <summary>Length of a vector.</summary>
    public int Dimensions { get; }

    /// <summary>Most tokens of one text.</summary>
    public int MaxTokens => _config.MaxTokens;

    /// <summary>Number of tokens there are.</summary>
    public int VocabularySize => _config.VocabularySize;

    /// <summary>Loads a folder.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static EmbeddingModel Load(string folder, EmbeddingModelOptions? options = null)
    {
        options ??= new EmbeddingModelOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchTokens, 1, nameof(options));
        var config = EmbeddingConfig.Read(folder);
        var path = GraphFile.Find(folder, options.Variant);
        InferenceSession? session = null;
        try
        {
            session = Sessions.Open(path, options.Threads, spinning: false);
            foreach (var (name, input) in session.InputMetadata)
                if (!KnownInputs.Contains(name) || input.ElementDataType != TensorElementType.Int64)
                    throw new ModelLoadException($"The graph wants an input '{name}' of {input.ElementDataType} that this engine does not give.");
            var output = Array.Find(["last_hidden_state", "token_embeddings", "sentence_embedding"], session.OutputMetadata.ContainsKey)
                ?? throw new ModelLoadException("The graph has no output 'last_hidden_state', 'token_embeddings' or 'sentence_embedding'.");
            if (session.OutputMetadata[output].ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
                throw new ModelLoadException($"The graph's '{output}' must be Float or Float16.");
            return new EmbeddingModel(session, config, [.. session.InputMetadata.Keys], output, options.BatchTokens);
        }
        catch (Exception e)
        {
            session?.Dispose();
            if (e is OnnxRuntimeException) throw new ModelLoadException($"{Path.GetFileName(path)} does not run: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Computes the vectors of some texts, those of like length together. Takes the caller's thread.</summary>
    /// <param name="texts">Each text's tokens, special ones included; at least one and at most <see cref="MaxTokens"/>.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>A vector per text, in the order of the texts; of length one where the model normalises.</returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds a token that is not there.</exception>
    public float[][] Embed(IReadOnlyList<int[]> texts, CancellationToken cancellation = default)
    {
        for (var i = 0; i < texts.Count; i++) Check(texts[i], i);
        var order = new int[texts.Count];
        var lengths = new int[texts.Count];
        for (var i = 0; i < order.Length; i++) (order[i], lengths[i]) = (i, texts[i].Length);
        lengths.AsSpan().Sort(order);
        var vectors = new float[texts.Count][];
        for (var start = 0; start < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = start + 1;
            // Sorted, so the last text of a batch is its longest.
            while (end < order.Length && (end + 1 - start) * texts[order[end]].Length <= _batchTokens) end++;
            var batch = Run(texts, order, start, end);
            for (var i = start; i < end; i++) vectors[order[i]] = batch[i - start];
            start = end;
        }
        return vectors;
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private void Check(int[] text, int index)
    {
        if (text.Length == 0) throw new ArgumentException($"Text {index} has no tokens.", nameof(text));
        if (text.Length > MaxTokens) throw new ArgumentException($"Text {index} has {text.Length} tokens; at most {MaxTokens} fit.", nameof(text));
        foreach (var token in text)
            if ((uint)token >= (uint)VocabularySize) throw new ArgumentException($"Text {index} holds token {token}; there are {VocabularySize}.", nameof(text));
    }

    private float[][] Run(IReadOnlyList<int[]> texts, int[] order, int start, int end)
    {
        int rows = end - start, width = texts[order[end - 1]].Length;
        long[] ids = new long[rows * width], mask = new long[rows * width], types = new long[rows * width], positions = new long[rows * width];
        Array.Fill(ids, _config.PadToken);
        for (var row = 0; row < rows; row++)
        {
            var text = texts[order[start + row]];
            for (var i = 0; i < width; i++) positions[row * width + i] = i;
            for (var i = 0; i < text.Length; i++) (ids[row * width + i], mask[row * width + i]) = (text[i], 1);
        }
        var inputs = new OrtValue[_inputs.Length];
        using var options = new RunOptions();
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var data = _inputs[i] switch { "input_ids" => ids, "attention_mask" => mask, "token_type_ids" => types, _ => positions };
                inputs[i] = OrtValue.CreateTensorValueFromMemory(data, [rows, width]);
            }
            using var outputs = _session.Run(options, _inputs, inputs, _output);
            return Vectors(outputs[0], texts, order, start, rows);
        }
        finally
        {
            foreach (var input in inputs) input?.Dispose();
        }
    }

    private float[][] Vectors(OrtValue output, IReadOnlyList<int[]> texts, int[] order, int start, int rows)
    {
        var shape = output.GetTensorTypeAndShape();
        ReadOnlySpan<float> values;
        if (shape.ElementDataType == TensorElementType.Float16)
        {
            var halves = MemoryMarshal.Cast<byte, Half>(output.GetTensorMutableRawData());
            var singles = new float[halves.Length];
            TensorPrimitives.ConvertToSingle(halves, singles);
            values = singles;
        }
        else values = output.GetTensorDataAsSpan<float>();

        var dimensions = (int)shape.Shape[^1];
        var vectors = new float[rows][];
        for (var row = 0; row < rows; row++)
        {
            var all = values.Slice(row * (values.Length / rows), values.Length / rows);
            var vector = vectors[row] = new float[dimensions];
            if (all.Length == dimensions) all.CopyTo(vector);
            else Pooler.Pool(_config.Pooling, all[..(texts[order[start + row]].Length * dimensions)], vector);
            if (_config.Normalize) Pooler.Normalize(vector);
        }
        return vectors;
    }
}
