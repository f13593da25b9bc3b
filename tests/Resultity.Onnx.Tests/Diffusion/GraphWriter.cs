using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Graphs;

namespace Resultity.Onnx.Tests.Diffusion;

/// <summary>Writes a small graph with random weights as an ONNX file: enough to build models of a given layout while a test runs.</summary>
internal sealed class GraphWriter(int seed)
{
    private readonly Random _random = new(seed);
    private readonly ProtoWriter _graph = new ProtoWriter().Text(2, "test");

    public GraphWriter Input(string name, TensorElementType type, params object[] shape) => Value(11, name, type, shape);

    public GraphWriter Output(string name, params object[] shape) => Value(12, name, TensorElementType.Float, shape);

    /// <summary>Weights of a shape, small and of both signs.</summary>
    public GraphWriter Weights(string name, params long[] shape) =>
        Constant(name, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, static (all, one) => all * one)).Select(_ => (float)((_random.NextDouble() - 0.5) * 0.6))], shape);

    public GraphWriter Constant(string name, float[] values, params long[] shape) => Tensor(name, TensorElementType.Float, MemoryMarshal.AsBytes<float>(values), shape);

    public GraphWriter Axes(string name, params long[] values) => Tensor(name, TensorElementType.Int64, MemoryMarshal.AsBytes<long>(values), [values.Length]);

    public GraphWriter Node(string operation, string[] inputs, string output, params (string Name, long[] Values)[] attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs) node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, operation);
        foreach (var (name, values) in attributes)
        {
            var attribute = new ProtoWriter().Text(1, name);
            // A list is one even with a single number; what is no list has its own field.
            var isList = name is "axes" or "strides" or "kernel_shape";
            foreach (var value in values) attribute.Number(isList ? 8 : 3, value);
            node.Message(5, attribute.Number(20, isList ? 7 : 2));
        }

        _graph.Message(1, node);
        return this;
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var model = new ProtoWriter().Number(1, 8).Message(8, new ProtoWriter().Text(1, "").Number(2, 17)).Message(7, _graph);
        File.WriteAllBytes(path, model.Written.ToArray());
    }

    private GraphWriter Value(int field, string name, TensorElementType type, object[] shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var dimension in shape) dimensions.Message(1, dimension is string free ? new ProtoWriter().Text(2, free) : new ProtoWriter().Number(1, (int)dimension));
        _graph.Message(field, new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Number(1, (long)type).Message(2, dimensions))));
        return this;
    }

    private GraphWriter Tensor(string name, TensorElementType type, ReadOnlySpan<byte> raw, long[] shape)
    {
        var tensor = new ProtoWriter();
        foreach (var dimension in shape) tensor.Number(1, dimension);
        _graph.Message(5, tensor.Number(2, (long)type).Text(8, name).Bytes(9, raw));
        return this;
    }
}
