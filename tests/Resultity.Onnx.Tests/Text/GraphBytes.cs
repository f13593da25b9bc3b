using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Graphs;

namespace Resultity.Onnx.Tests.Text;

/// <summary>Changes to a model's bytes that only tests make: its inputs and outputs.</summary>
internal static class GraphBytes
{
    private const int Graph = 7, Input = 11, Output = 12, ValueName = 1, ValueType = 2, TensorType = 1, ElementType = 1;

    public static byte[] WithoutInput(byte[] model, string name) => EachValue(model, (field, value) => field == Input && NameOf(value) == name ? (ReadOnlyMemory<byte>?)null : value);

    /// <summary>Gives inputs and outputs another element type.</summary>
    public static byte[] Retype(byte[] model, TensorElementType type, Func<string, bool> which) => EachValue(model, (_, value) =>
    {
        if (!which(NameOf(value))) return value;
        return Replace(value, ValueType, t => Replace(t, TensorType, tensor => Replace(tensor, ElementType, _ => (ReadOnlyMemory<byte>?)null, new ProtoWriter().Number(ElementType, (long)type).Written)));
    });

    private static byte[] EachValue(byte[] model, Func<int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> change) =>
        Replace(model, Graph, graph =>
        {
            var written = new ProtoWriter();
            var reader = new ProtoReader(graph);
            while (reader.Next())
            {
                if (reader.Field is not (Input or Output)) written.Raw(reader.Raw);
                else if (change(reader.Field, reader.Payload) is { } value) written.Bytes(reader.Field, value.Span);
            }
            return written.Written;
        }).ToArray();

    private static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, int field, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> change, ReadOnlyMemory<byte> added = default)
    {
        var written = new ProtoWriter().Raw(added);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != field) written.Raw(reader.Raw);
            else if (change(reader.Payload) is { } payload) written.Bytes(field, payload.Span);
        }
        return written.Written;
    }

    private static string NameOf(ReadOnlyMemory<byte> value)
    {
        var reader = new ProtoReader(value);
        while (reader.Next())
            if (reader.Field == ValueName) return reader.Text;
        return "";
    }
}
