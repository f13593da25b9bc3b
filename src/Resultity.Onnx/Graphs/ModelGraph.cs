using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Graphs;

/// <summary>One graph of a model that has several, with tensors converted to the types that the graph has.</summary>
/// <remarks>Thread-safe. Values are single precision on this side, whatever the graph computes in.</remarks>
internal sealed class ModelGraph : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _name;

    private ModelGraph(InferenceSession session, string name) => (_session, _name) = (session, name);

    public IEnumerable<string> Inputs => _session.InputMetadata.Keys;

    public IEnumerable<string> Outputs => _session.OutputMetadata.Keys;

    /// <exception cref="ModelLoadException">The file is no graph that runs.</exception>
    public static ModelGraph Open(string path, int threads)
    {
        try
        {
            return new ModelGraph(Sessions.Open(path, threads, spinning: false), Path.GetFileName(Path.GetDirectoryName(path)) + "/" + Path.GetFileName(path));
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelLoadException($"{path} does not run: {e.Message}", e);
        }
    }

    public bool HasInput(string name) => _session.InputMetadata.ContainsKey(name);

    public bool HasOutput(string name) => _session.OutputMetadata.ContainsKey(name);

    /// <summary>An input's dimensions; -1 where any size fits.</summary>
    public int[] ShapeOf(string input) => _session.InputMetadata[input].Dimensions;

    /// <exception cref="ModelLoadException">The graph wants an input that is not among those, or lacks one.</exception>
    public void Expect(IEnumerable<string> inputs, params ReadOnlySpan<string> outputs)
    {
        var given = inputs.ToHashSet(StringComparer.Ordinal);
        foreach (var name in Inputs)
            if (!given.Contains(name)) throw new ModelLoadException($"{_name} wants an input '{name}' that this engine does not give.");
        foreach (var name in outputs)
            if (!HasOutput(name)) throw new ModelLoadException($"{_name} has no output '{name}'; it has {string.Join(", ", Outputs)}.");
    }

    /// <summary>A tensor for an input, in the type that the graph wants. A fixed rank of 0 is given a bare number.</summary>
    public OrtValue Feed(string input, float[] values, params long[] shape) => _session.InputMetadata[input].ElementDataType switch
    {
        TensorElementType.Float => Copy<float>(input, TensorElementType.Float, values, shape),
        TensorElementType.Float16 => Copy<Float16>(input, TensorElementType.Float16, Array.ConvertAll(values, static value => (Float16)value), shape),
        TensorElementType.Double => Copy<double>(input, TensorElementType.Double, Array.ConvertAll(values, static value => (double)value), shape),
        TensorElementType.Int64 => Copy<long>(input, TensorElementType.Int64, Array.ConvertAll(values, static value => (long)value), shape),
        TensorElementType.Int32 => Copy<int>(input, TensorElementType.Int32, Array.ConvertAll(values, static value => (int)value), shape),
        var type => throw new ModelLoadException($"{_name} wants '{input}' as {type}, which this engine does not give."),
    };

    /// <summary>A tensor of tokens.</summary>
    public OrtValue Feed(string input, int[] values, params long[] shape) => _session.InputMetadata[input].ElementDataType == TensorElementType.Int32
        ? Copy<int>(input, TensorElementType.Int32, values, shape)
        : Copy<long>(input, TensorElementType.Int64, Array.ConvertAll(values, static value => (long)value), shape);

    /// <summary>Runs the graph. The caller disposes of what comes out; what goes in stays its own.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputs)
    {
        using var options = new RunOptions();
        return _session.Run(options, inputs, outputs);
    }

    /// <summary>Runs the graph for one output and disposes of the inputs.</summary>
    public (float[] Values, long[] Shape) RunOne(string output, params ReadOnlySpan<(string Name, OrtValue Value)> inputs)
    {
        var feed = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        foreach (var (name, value) in inputs) feed[name] = value;
        try
        {
            using var results = Run(feed, [output]);
            return (Floats(results[0]), results[0].GetTensorTypeAndShape().Shape);
        }
        finally
        {
            foreach (var value in feed.Values) value.Dispose();
        }
    }

    /// <summary>A tensor's values.</summary>
    public static float[] Floats(OrtValue value)
    {
        if (value.GetTensorTypeAndShape().ElementDataType != TensorElementType.Float16) return value.GetTensorDataAsSpan<float>().ToArray();
        var halves = MemoryMarshal.Cast<byte, Half>(value.GetTensorMutableRawData());
        var singles = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, singles);
        return singles;
    }

    /// <summary>Into memory of ONNX Runtime's own, which is aligned: sums come out in another order, and with other last bits, where it is not.</summary>
    private OrtValue Copy<T>(string input, TensorElementType type, ReadOnlySpan<T> values, long[] shape) where T : unmanaged
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, _session.InputMetadata[input].Dimensions.Length == 0 ? [] : shape);
        values.CopyTo(value.GetTensorMutableDataAsSpan<T>());
        return value;
    }

    public void Dispose() => _session.Dispose();
}
