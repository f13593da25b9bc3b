namespace Resultity.Onnx.Text.Graphs;

/// <summary>One operator of a graph: ONNX's NodeProto.</summary>
internal sealed class OnnxNode
{
    private const int InputField = 1, OutputField = 2, OperatorField = 4, AttributeField = 5, DomainField = 7;
    private const int AttributeName = 1, AttributeFloat = 2, AttributeInteger = 3, AttributeType = 20, FloatType = 1, IntegerType = 2;

    private readonly List<ReadOnlyMemory<byte>> _others = [];

    public OnnxNode(string op, string[] inputs, string[] outputs, string domain = "")
    {
        (Operator, Domain) = (op, domain);
        Inputs.AddRange(inputs);
        Outputs.AddRange(outputs);
    }

    private OnnxNode() { }

    public string Operator { get; private set; } = "";
    public string Domain { get; private set; } = "";
    public List<string> Inputs { get; } = [];
    public List<string> Outputs { get; } = [];

    public static OnnxNode Parse(ReadOnlyMemory<byte> message)
    {
        var node = new OnnxNode();
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case InputField: node.Inputs.Add(reader.Text); break;
                case OutputField: node.Outputs.Add(reader.Text); break;
                case OperatorField: node.Operator = reader.Text; break;
                case DomainField: node.Domain = reader.Text; break;
                default: node._others.Add(reader.Raw); break;
            }
        return node;
    }

    public OnnxNode With(string attribute, long value)
    {
        _others.Add(new ProtoWriter().Message(AttributeField, new ProtoWriter().Text(AttributeName, attribute).Number(AttributeInteger, value).Number(AttributeType, IntegerType)).Written);
        return this;
    }

    public OnnxNode With(string attribute, float value)
    {
        _others.Add(new ProtoWriter().Message(AttributeField, new ProtoWriter().Text(AttributeName, attribute).Float(AttributeFloat, value).Number(AttributeType, FloatType)).Written);
        return this;
    }

    /// <summary>An integer attribute; null if it is absent.</summary>
    public long? Integer(string attribute)
    {
        foreach (var field in _others)
        {
            var outer = new ProtoReader(field);
            if (!outer.Next() || outer.Field != AttributeField) continue;
            var reader = new ProtoReader(outer.Payload);
            string? name = null;
            long? value = null;
            while (reader.Next())
            {
                if (reader.Field == AttributeName) name = reader.Text;
                if (reader.Field == AttributeInteger) value = (long)reader.Number;
            }
            if (name == attribute) return value ?? 0;
        }
        return null;
    }

    public ProtoWriter Write()
    {
        var writer = new ProtoWriter();
        foreach (var input in Inputs) writer.Text(InputField, input);
        foreach (var output in Outputs) writer.Text(OutputField, output);
        writer.Text(OperatorField, Operator).Text(DomainField, Domain);
        foreach (var other in _others) writer.Raw(other);
        return writer;
    }
}
