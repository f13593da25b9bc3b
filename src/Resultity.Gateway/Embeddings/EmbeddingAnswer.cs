using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Embeddings;

/// <summary>What answers to embedding requests look like, for the published document.</summary>
internal static class EmbeddingAnswer
{
    /// <summary>A list of embeddings.</summary>
    public static ObjectShape Shape { get; } = new(
        new Field("object", new EnumShape("list")) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("data", new ArrayShape(Embedding())) { Required = true },
        new Field("usage", SharedShapes.Usage) { Required = true });

    private static ObjectShape Embedding() => new(
        new Field("object", new EnumShape("embedding")) { Required = true },
        new Field("index", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("embedding", new UnionShape(
        [
            new ArrayShape(new NumberShape(double.MinValue, double.MaxValue)),
            new StringShape { Description = "Little-endian float32 in base64, if encoding_format is base64." },
        ]))
        { Required = true });
}
