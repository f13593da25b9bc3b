using System.Numerics.Tensors;

namespace Resultity.Onnx.Embeddings;

/// <summary>Pools token vectors as sentence-transformers does.</summary>
internal static class Pooler
{
    /// <summary>Pools the vectors of a text's own tokens, without padding.</summary>
    public static void Pool(Pooling pooling, ReadOnlySpan<float> tokens, Span<float> vector)
    {
        var width = vector.Length;
        var count = tokens.Length / width;
        switch (pooling)
        {
            case Pooling.Cls:
                tokens[..width].CopyTo(vector);
                return;
            case Pooling.LastToken:
                tokens[^width..].CopyTo(vector);
                return;
            case Pooling.Max:
                tokens[..width].CopyTo(vector);
                for (var i = 1; i < count; i++) TensorPrimitives.Max(vector, tokens.Slice(i * width, width), vector);
                return;
        }
        vector.Clear();
        for (var i = 0; i < count; i++)
            TensorPrimitives.MultiplyAdd(tokens.Slice(i * width, width), pooling == Pooling.WeightedMean ? i + 1 : 1f, vector, vector);
        var divisor = pooling switch
        {
            Pooling.MeanSqrtLength => MathF.Sqrt(count),
            Pooling.WeightedMean => count * (count + 1) / 2f,
            _ => count,
        };
        TensorPrimitives.Divide(vector, divisor, vector);
    }

    /// <summary>Makes the vector's length one; a zero vector stays.</summary>
    public static void Normalize(Span<float> vector)
    {
        var norm = TensorPrimitives.Norm<float>(vector);
        if (norm > 0) TensorPrimitives.Divide(vector, norm, vector);
    }
}
