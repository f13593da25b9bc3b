using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Embeddings;

/// <summary>The body of <c>POST /v1/embeddings</c>, after OpenAI's published schema.</summary>
internal static class EmbeddingBody
{
    private const int MaxInputs = 2048;
    private const int MaxTokens = 8192;

    private static readonly IntegerShape Token = new(0, int.MaxValue);

    /// <summary>The body's shape; its one rule is that it names a model.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.Embeddings, Root(), ModelRule.Check, static (in _) => false);

    private static ObjectShape Root() => new(
    [
        .. MultimodelShapes.Models(),
        new Field("input", Input()) { Required = true },
        new Field("dimensions", new IntegerShape(1, 65_536).OrNull()),
        new Field("encoding_format", new EnumShape("float", "base64").OrNull()),
        new Field("user", NullableString),
    ]);

    private static UnionShape Input() => new(
    [
        new StringShape(1),
        new ArrayShape(new StringShape(1), 1, MaxInputs),
        new ArrayShape(Token, 1, MaxTokens),
        new ArrayShape(new ArrayShape(Token, 1, MaxTokens), 1, MaxInputs),
    ]);
}
