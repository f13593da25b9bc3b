namespace Resultity.Onnx.Embeddings;

/// <summary>How an embedding model's session is set up.</summary>
public sealed record EmbeddingModelOptions
{
    /// <summary>Which of the export's precisions to run: the suffix of its file, so "int8" is <c>onnx/model_int8.onnx</c>.</summary>
    /// <value>Null: <c>model.onnx</c> if there is one, else the only one that is there.</value>
    public string? Variant { get; init; }

    /// <summary>Threads that compute one batch.</summary>
    /// <value>0: one for a model below 64 MB, else one per core.</value>
    public int Threads { get; init; }

    /// <summary>Most tokens, padding included, of texts that are computed together.</summary>
    public int BatchTokens { get; init; } = 4096;
}
