using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.Onnx.Text.Graphs;

/// <summary>An ONNX model as far as rewriting its nodes needs: ModelProto's graph, everything else kept as it is.</summary>
/// <remarks>Field numbers from onnx.proto3 of the ONNX project.</remarks>
internal sealed class OnnxGraph
{
    private const int GraphField = 7, OpsetField = 8, OpsetDomain = 1, OpsetVersion = 2;
    private const int NodeField = 1, InitializerField = 5, OutputField = 12, ValueInfoField = 13;
    private const int TensorDimensions = 1, TensorType = 2, TensorName = 8, TensorRaw = 9, ValueName = 1;
    private const string ContribDomain = "com.microsoft";

    private readonly List<ReadOnlyMemory<byte>> _modelFields = [], _graphFields = [];
    private readonly Dictionary<string, OnnxNode> _producers = [];
    private readonly Dictionary<string, List<OnnxNode>> _consumers = [];
    private readonly HashSet<string> _vectors = [];
    private readonly List<string> _outputs = [];
    private bool _hasContribOpset;

    private OnnxGraph() { }

    public List<OnnxNode> Nodes { get; private set; } = [];

    /// <summary>Version of the standard operators.</summary>
    public long Opset { get; private set; }

    /// <summary>Parses a model.</summary>
    /// <exception cref="InvalidDataException">The bytes are not one.</exception>
    public static OnnxGraph Parse(ReadOnlyMemory<byte> model)
    {
        var graph = new OnnxGraph();
        var reader = new ProtoReader(model);
        while (reader.Next())
        {
            if (reader.Field == GraphField) graph.ParseGraph(reader.Payload);
            else graph._modelFields.Add(reader.Raw);
            if (reader.Field == OpsetField) graph.ParseOpset(reader.Payload);
        }
        graph.Index();
        return graph;
    }

    /// <summary>The node that computes a value; null for inputs and initializers.</summary>
    public OnnxNode? Producer(string value) => _producers.GetValueOrDefault(value);

    public IReadOnlyList<OnnxNode> Consumers(string value) => _consumers.TryGetValue(value, out var nodes) ? nodes : [];

    /// <summary>Whether a value is a weight of one dimension, as it is or converted to the precision of the computation: a bias, a norm's scale.</summary>
    public bool IsVector(string value) => _vectors.Contains(value) || Producer(value) is { Operator: "Cast" } cast && _vectors.Contains(cast.Inputs[0]);

    /// <summary>Adds a constant.</summary>
    public string Constant<T>(string name, TensorElementType type, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var tensor = new ProtoWriter();
        foreach (var dimension in shape) tensor.Number(TensorDimensions, dimension);
        tensor.Number(TensorType, (int)type).Text(TensorName, name).Bytes(TensorRaw, MemoryMarshal.AsBytes(values));
        _graphFields.Add(new ProtoWriter().Message(InitializerField, tensor).Written);
        if (IsLongVector(shape)) _vectors.Add(name);
        return name;
    }

    /// <summary>Puts nodes in the place of others: after the last of them, since those between may compute what the new ones take.</summary>
    public void Replace(IReadOnlyCollection<OnnxNode> removed, params OnnxNode[] added)
    {
        var last = Nodes[Nodes.FindLastIndex(removed.Contains)];
        Nodes.RemoveAll(node => node != last && removed.Contains(node));
        var at = Nodes.IndexOf(last);
        Nodes.RemoveAt(at);
        Nodes.InsertRange(at, added);
        Index();
    }

    public void InsertBefore(OnnxNode node, params OnnxNode[] added)
    {
        Nodes.InsertRange(Nodes.IndexOf(node), added);
        Index();
    }

    public void Prepend(params OnnxNode[] added)
    {
        Nodes.InsertRange(0, added);
        Index();
    }

    /// <summary>Drops nodes whose outputs nothing uses.</summary>
    public void Prune()
    {
        var needed = new HashSet<string>(_outputs);
        var kept = new List<OnnxNode>();
        var pending = new Stack<string>(_outputs);
        var reached = new HashSet<OnnxNode>();
        while (pending.TryPop(out var value))
        {
            if (Producer(value) is not { } node || !reached.Add(node)) continue;
            foreach (var input in node.Inputs)
                if (needed.Add(input)) pending.Push(input);
        }
        foreach (var node in Nodes)
            if (reached.Contains(node)) kept.Add(node);
        Nodes = kept;
        Index();
    }

    /// <summary>The model's bytes. Weights are copied once, into the result.</summary>
    public byte[] Write()
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        foreach (var node in Nodes) parts.Add(new ProtoWriter().Message(NodeField, node.Write()).Written);
        parts.AddRange(_graphFields);
        parts.Insert(0, new ProtoWriter().Header(GraphField, parts.Sum(part => (long)part.Length)).Written);
        parts.AddRange(_modelFields);
        if (!_hasContribOpset) parts.Add(new ProtoWriter().Message(OpsetField, new ProtoWriter().Text(OpsetDomain, ContribDomain).Number(OpsetVersion, 1)).Written);
        var model = new byte[parts.Sum(part => (long)part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(model.AsMemory(at));
            at += part.Length;
        }
        return model;
    }

    private void ParseGraph(ReadOnlyMemory<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case NodeField:
                    Nodes.Add(OnnxNode.Parse(reader.Payload));
                    break;
                // Shapes that an exporter recorded for inner values need not hold after rewriting; the runtime infers them anew.
                case ValueInfoField:
                    break;
                case InitializerField:
                    if (IsLongVector(Dimensions(reader.Payload))) _vectors.Add(Name(reader.Payload, TensorName));
                    goto default;
                case OutputField:
                    _outputs.Add(Name(reader.Payload, ValueName));
                    goto default;
                default:
                    _graphFields.Add(reader.Raw);
                    break;
            }
    }

    private void ParseOpset(ReadOnlyMemory<byte> message)
    {
        var reader = new ProtoReader(message);
        var (domain, version) = ("", 0ul);
        while (reader.Next())
        {
            if (reader.Field == OpsetDomain) domain = reader.Text;
            if (reader.Field == OpsetVersion) version = reader.Number;
        }
        if (domain is "" or "ai.onnx") Opset = (long)version;
        _hasContribOpset |= domain == ContribDomain;
    }

    private static string Name(ReadOnlyMemory<byte> message, int field)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field == field) return reader.Text;
        return "";
    }

    // One element is a scale rather than a weight.
    private static bool IsLongVector(ReadOnlySpan<long> dimensions) => dimensions.Length == 1 && dimensions[0] > 1;

    private static long[] Dimensions(ReadOnlyMemory<byte> tensor)
    {
        var dimensions = new List<long>();
        var reader = new ProtoReader(tensor);
        while (reader.Next())
        {
            if (reader.Field != TensorDimensions) continue;
            // Repeated numbers come one by one, or packed into one field.
            if (reader.Payload.IsEmpty) dimensions.Add((long)reader.Number);
            else return ProtoReader.Packed(reader.Payload);
        }
        return [.. dimensions];
    }

    private void Index()
    {
        _producers.Clear();
        _consumers.Clear();
        foreach (var node in Nodes)
        {
            foreach (var output in node.Outputs) _producers[output] = node;
            foreach (var input in node.Inputs)
            {
                if (!_consumers.TryGetValue(input, out var nodes)) _consumers[input] = nodes = [];
                nodes.Add(node);
            }
        }
    }
}
