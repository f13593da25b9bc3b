namespace Resultity.Onnx.Text.Graphs;

/// <summary>Where one layer's attention begins and ends in an exported graph.</summary>
/// <remarks>
/// <para>Exporters write attention in many ways, but all concatenate past and new keys (and values) into the output present.N.key,
/// and around that only move, rotate and scale. So the ends are found by walking from there over such operators:</para>
/// <code>
/// hidden ─ MatMul ─ … rotate ──────────────────── q ┐
/// hidden ─ MatMul ─ … rotate ─ Concat(past, ·) ─ k ─ MatMul ─ mask ─ Softmax ─ MatMul ─ Transpose ─ Reshape ─ output
/// hidden ─ MatMul ─ … ──────── Concat(past, ·) ─ v ──────────────────────────────┘
/// </code>
/// <para>What is found is a guess that the caller proves by computing with it.</para>
/// </remarks>
internal sealed record AttentionPattern(string Query, string Key, string Value, OnnxNode[] Ends, string Output)
{
    private static readonly HashSet<string> Moving = ["Transpose", "Reshape", "Unsqueeze", "Squeeze", "Expand", "Identity", "Flatten"];
    private static readonly HashSet<string> Rotating = [.. Moving, "Add", "Sub", "Mul", "Div", "Neg", "Slice", "Split", "Concat", "Cast", "RotaryEmbedding"];
    private static readonly HashSet<string> Multiplying = ["MatMul", "FusedMatMul"];

    // Tables of angles, scales and shapes: they lead away from the hidden state.
    private static readonly HashSet<string> Side = ["Cos", "Sin", "Gather", "Constant", "ConstantOfShape", "Shape", "Range", "Sqrt", "Reciprocal"];

    /// <summary>Finds layer N's ends; null if the graph is of another shape.</summary>
    public static AttentionPattern? Find(OnnxGraph graph, string pastKey, string presentKey, string pastValue, string presentValue)
    {
        if (Join(graph, presentKey, pastKey) is not var (keys, newKeys) || Join(graph, presentValue, pastValue) is not var (values, newValues)) return null;
        if (Projection(graph, newKeys) is not { } key || Projection(graph, newValues) is not { } value) return null;
        if (NextProduct(graph, presentKey) is not var (scores, keySide) || NextProduct(graph, presentValue) is not var (mix, _)) return null;
        var rotatedQuery = scores.Inputs[scores.Inputs[0] == keySide ? 1 : 0];
        if (Projection(graph, rotatedQuery) is not { } query) return null;
        if (Merge(graph, mix.Outputs[0]) is not { } merge) return null;
        return new AttentionPattern(query, key, value, [keys, values, merge], merge.Outputs[0]);
    }

    private static (OnnxNode Node, string New)? Join(OnnxGraph graph, string present, string past) =>
        graph.Producer(present) is { Operator: "Concat", Inputs: [var first, var added] } node && first == past ? (node, added) : null;

    // Backwards to the one value that is projected from the hidden state.
    private static string? Projection(OnnxGraph graph, string from)
    {
        var found = new HashSet<string>();
        var seen = new HashSet<string>();
        var pending = new Stack<string>([from]);
        while (pending.TryPop(out var value))
        {
            if (!seen.Add(value) || graph.Producer(value) is not { } node) continue;
            if (Side.Contains(node.Operator)) continue;
            // A bias, or the weight of a norm of queries or keys, comes last before the rotation.
            var isLast = node.Operator is "Add" or "Mul" && node.Inputs.Exists(graph.IsVector);
            if (isLast || IsQuantizedProduct(graph, value) || !Rotating.Contains(node.Operator)) found.Add(value);
            // The second input of these is a shape or a list of axes.
            else if (Moving.Contains(node.Operator) || node.Operator is "Slice" or "Split" or "Cast" or "RotaryEmbedding") pending.Push(node.Inputs[0]);
            else node.Inputs.ForEach(pending.Push);
        }
        return found.Count == 1 ? found.First() : null;
    }

    /// <summary>Whether a value is a product of quantized matrices: MatMulInteger's result, converted and scaled.</summary>
    public static bool IsQuantizedProduct(OnnxGraph graph, string value) =>
        graph.Producer(value) is { Operator: "Mul" } node && node.Inputs.Exists(i => graph.Producer(i) is { Operator: "Cast" } cast && graph.Producer(cast.Inputs[0]) is { Operator: "MatMulInteger" });

    // Forwards, over moves and scalings, to the matrix product that takes the value.
    private static (OnnxNode Product, string Side)? NextProduct(OnnxGraph graph, string from)
    {
        var seen = new HashSet<string>();
        var pending = new Queue<string>([from]);
        while (pending.TryDequeue(out var value))
        {
            if (!seen.Add(value)) continue;
            foreach (var node in graph.Consumers(value))
            {
                if (Multiplying.Contains(node.Operator)) return (node, value);
                if (node.Operator == "Mul" || (Moving.Contains(node.Operator) || node.Operator is "Div" or "Cast") && node.Inputs[0] == value) pending.Enqueue(node.Outputs[0]);
            }
        }
        return null;
    }

    // From the mixed values to where their heads are side by side again.
    private static OnnxNode? Merge(OnnxGraph graph, string from)
    {
        for (var transposed = false; ;)
        {
            OnnxNode? next = null;
            foreach (var node in graph.Consumers(from))
                if (node.Operator is not "Shape" && node.Inputs[0] == from) next = next is null ? node : null;
            if (next is null || !Moving.Contains(next.Operator) && next.Operator is not "Cast") return null;
            if (transposed && next.Operator is "Reshape" or "Flatten") return next;
            transposed |= next.Operator == "Transpose";
            from = next.Outputs[0];
        }
    }
}
