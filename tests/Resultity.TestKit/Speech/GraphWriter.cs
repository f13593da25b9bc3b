using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Graphs;

namespace Resultity.TestKit.Speech;

/// <summary>Writes ONNX models with random weights, so that layouts can be tested at real proportions without real weights.</summary>
public sealed class GraphWriter(int seed)
{
    private const int Opset = 17, AttributeFloat = 1, AttributeInt = 2, AttributeInts = 7;
    private readonly ProtoWriter _graph = new();
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, string> _constants = [];
    private int _names;

    public string Input(string name, TensorElementType type, params object[] shape) => Value(11, name, type, shape);

    public void Output(string name, TensorElementType type, string from, params object[] shape)
    {
        Named("Identity", name, [from]);
        Value(12, name, type, shape);
    }

    /// <summary>Random weights, stored in half precision.</summary>
    public string Weight(double scale, params long[] shape)
    {
        var values = new Half[shape.Aggregate(1L, static (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++) values[i] = (Half)((_random.NextSingle() - 0.5f) * 2 * scale);
        var name = Initializer(TensorElementType.Float16, MemoryMarshal.AsBytes(values.AsSpan()), shape);
        return Node("Cast", [name], ("to", (int)TensorElementType.Float));
    }

    public string Floats(float[] values, params long[] shape) => Initializer(TensorElementType.Float, MemoryMarshal.AsBytes(values.AsSpan()), shape);

    public string Longs(params long[] values)
    {
        var key = string.Join(',', values);
        if (!_constants.TryGetValue(key, out var name)) _constants[key] = name = Initializer(TensorElementType.Int64, MemoryMarshal.AsBytes(values.AsSpan()), [values.Length]);
        return name;
    }

    public string Scalar(float value) => Floats([value]);

    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes) => Named(op, $"v{_names++}", inputs, attributes);

    public string Linear(string x, int from, int to, bool bias = true)
    {
        var product = Node("MatMul", [x, Weight(1 / Math.Sqrt(from), from, to)]);
        return bias ? Node("Add", [product, Weight(0.1, to)]) : product;
    }

    public string Norm(string x, int width) => Node("LayerNormalization", [x, Floats([.. Enumerable.Repeat(1f, width)], width), Floats(new float[width], width)], ("axis", -1));

    public string Gelu(string x)
    {
        var error = Node("Add", [Node("Erf", [Node("Mul", [x, Scalar(MathF.Sqrt(0.5f))])]), Scalar(1)]);
        return Node("Mul", [Node("Mul", [x, error]), Scalar(0.5f)]);
    }

    public byte[] Write()
    {
        _graph.Text(2, "random");
        return new ProtoWriter().Number(1, 8).Text(2, "tests").Message(7, _graph).Message(8, new ProtoWriter().Text(1, "").Number(2, Opset)).Written.ToArray();
    }

    private string Named(string op, string output, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs) node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, op);
        foreach (var (name, value) in attributes)
        {
            var attribute = new ProtoWriter().Text(1, name);
            if (value is long[] many)
            {
                foreach (var one in many) attribute.Number(8, one);
                attribute.Number(20, AttributeInts);
            }
            else if (value is float real) attribute.Float(2, real).Number(20, AttributeFloat);
            else attribute.Number(3, Convert.ToInt64(value, null)).Number(20, AttributeInt);
            node.Message(5, attribute);
        }
        _graph.Message(1, node);
        return output;
    }

    private string Initializer(TensorElementType type, ReadOnlySpan<byte> bytes, long[] shape)
    {
        var name = $"w{_names++}";
        var tensor = new ProtoWriter();
        foreach (var dimension in shape) tensor.Number(1, dimension);
        _graph.Message(5, tensor.Number(2, (int)type).Text(8, name).Bytes(9, bytes));
        return name;
    }

    private string Value(int field, string name, TensorElementType type, object[] shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension is string text ? new ProtoWriter().Text(2, text) : new ProtoWriter().Number(1, Convert.ToInt64(dimension, null)));
        var tensor = new ProtoWriter().Number(1, (int)type).Message(2, dimensions);
        _graph.Message(field, new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, tensor)));
        return name;
    }
}
