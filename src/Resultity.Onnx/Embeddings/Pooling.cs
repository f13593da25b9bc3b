namespace Resultity.Onnx.Embeddings;

/// <summary>How the vectors of a text's tokens become the text's.</summary>
internal enum Pooling
{
    Mean,
    Cls,
    Max,
    MeanSqrtLength,
    LastToken,
    WeightedMean,
}
