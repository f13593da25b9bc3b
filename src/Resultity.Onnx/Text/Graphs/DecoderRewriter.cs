using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.Onnx.Text.Graphs;

/// <summary>Rewrites a decoder's graph for generation. The result must be proven against the original before it is used.</summary>
internal static class DecoderRewriter
{
    public const string InPlaceAttention = "GroupQueryAttention";

    // If and Loop hold graphs of their own that read values of this one unseen.
    private static readonly HashSet<string> Nesting = ["If", "Loop", "Scan", "SequenceMap"];

    /// <summary>
    /// Replaces each layer's attention by com.microsoft.GroupQueryAttention, which appends keys and values where they are. Inputs and outputs keep their names.
    /// </summary>
    /// <returns>False if a layer's attention was not recognised; the graph is then of no use.</returns>
    public static bool FuseAttention(OnnxGraph graph, TextModelConfig config, TensorElementType type, string[] past, string[] present)
    {
        if (graph.Opset < 13 || graph.Nodes.Exists(n => Nesting.Contains(n.Operator))) return false;
        if (RotaryTable.Build(config.Rotary, config.HeadDimension, config.ContextLength) is not var (cos, sin)) return false;
        long[] shape = [config.ContextLength, config.HeadDimension / 2];
        var (cosName, sinName) = (Table("cos", cos), Table("sin", sin));
        var sideBySide = graph.Constant<long>("resultity.side_by_side", TensorElementType.Int64, [0, 0, -1], 3);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            int key = 2 * layer, value = key + 1;
            if (AttentionPattern.Find(graph, past[key], present[key], past[value], present[value]) is not { } found) return false;
            var flat = new List<OnnxNode>();
            string[] projected = [Flat(found.Query), Flat(found.Key), Flat(found.Value)];
            graph.Replace(found.Ends, [.. flat, new OnnxNode(InPlaceAttention,
                [.. projected, past[key], past[value], "resultity.lengths", "resultity.width", cosName, sinName],
                [found.Output, present[key], present[value]], "com.microsoft")
                .With("num_heads", config.Heads).With("kv_num_heads", config.KeyValueHeads).With("do_rotary", 1)]);

            // Normed heads come apart; the operator takes them side by side.
            string Flat(string value)
            {
                if (graph.Producer(value) is { Operator: "Add" or "MatMul" or "MatMulNBits" or "FusedMatMul" } || AttentionPattern.IsQuantizedProduct(graph, value)) return value;
                flat.Add(new OnnxNode("Reshape", [value, sideBySide], [$"{value}.resultity.flat"]));
                return $"{value}.resultity.flat";
            }
        }
        graph.Prepend(Lengths(graph));
        return true;

        string Table(string name, float[] values) => type == TensorElementType.Float16
            ? graph.Constant<Half>($"resultity.{name}", type, Array.ConvertAll(values, v => (Half)v), shape)
            : graph.Constant<float>($"resultity.{name}", type, values, shape);
    }

    /// <summary>Computes logits of the last position only, where the graph ends in a product with the vocabulary.</summary>
    /// <returns>False if it does not; the graph is then as it was.</returns>
    public static bool KeepLastLogits(OnnxGraph graph)
    {
        if (graph.Opset < 10) return false;
        var node = graph.Producer("logits");
        while (node is { Operator: "Cast" or "Identity" or "Mul" or "Div" or "Tanh" }) node = graph.Producer(node.Inputs[0]);
        if (node is not { Operator: "MatMul" or "MatMulNBits" or "MatMulIntegerToFloat" or "FusedMatMul" }) return false;
        var slice = new OnnxNode("Slice", [node.Inputs[0], Axis("start", -1), Axis("end", long.MaxValue), Axis("axis", 1)], ["resultity.last"]);
        graph.InsertBefore(node, slice);
        node.Inputs[0] = "resultity.last";
        return true;

        string Axis(string name, long value) => graph.Constant<long>($"resultity.last.{name}", TensorElementType.Int64, [value], 1);
    }

    // The mask is 1 for each token that a row holds, so its sum is the row's length; its width is the room there is.
    private static OnnxNode[] Lengths(OnnxGraph graph)
    {
        var one = graph.Constant<long>("resultity.one", TensorElementType.Int64, [1], 1);
        var second = graph.Constant<long>("resultity.second", TensorElementType.Int64, [1]);
        return
        [
            new OnnxNode("ReduceSum", ["attention_mask", one], ["resultity.sum"]).With("keepdims", 0),
            new OnnxNode("Sub", ["resultity.sum", one], ["resultity.last_index"]),
            new OnnxNode("Cast", ["resultity.last_index"], ["resultity.lengths"]).With("to", (long)TensorElementType.Int32),
            new OnnxNode("Shape", ["attention_mask"], ["resultity.mask_shape"]),
            new OnnxNode("Gather", ["resultity.mask_shape", second], ["resultity.mask_width"]).With("axis", 0),
            new OnnxNode("Cast", ["resultity.mask_width"], ["resultity.width"]).With("to", (long)TensorElementType.Int32),
        ];
    }
}
