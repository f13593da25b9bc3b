using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Images;

/// <summary>What answers to image requests look like, for the published document.</summary>
internal static class ImageAnswers
{
    private static readonly IntegerShape Count = new(0, int.MaxValue);

    /// <summary>Images that were made.</summary>
    public static ObjectShape Images { get; } = new(
        new Field("created", new IntegerShape(0, long.MaxValue)) { Required = true },
        new Field("data", new ArrayShape(new ObjectShape(
            new Field("b64_json", StringShape.Any),
            new Field("url", StringShape.Any),
            new Field("revised_prompt", StringShape.Any.OrNull()),
            new Field("seed", new IntegerShape(0, uint.MaxValue)))
        { OneOf = ["b64_json", "url"] }))
        { Required = true },
        new Field("background", StringShape.Any),
        new Field("output_format", StringShape.Any),
        new Field("quality", StringShape.Any),
        new Field("size", StringShape.Any),
        new Field("usage", Usage()));

    /// <summary>What an image shows.</summary>
    public static ObjectShape Description { get; } = new(
        new Field("created", new IntegerShape(0, long.MaxValue)) { Required = true },
        new Field("model", StringShape.Any),
        new Field("data", new ArrayShape(new ObjectShape(
            new Field("text", StringShape.Any) { Required = true },
            new Field("tags", new ArrayShape(StringShape.Any)),
            new Field("json", AnyShape.Object))))
        { Required = true },
        new Field("usage", Usage()) { Required = true });

    private static ObjectShape Usage() => new(
        new Field("input_tokens", Count) { Required = true },
        new Field("output_tokens", Count) { Required = true },
        new Field("total_tokens", Count) { Required = true },
        new Field("images", Count),
        new Field("input_tokens_details", new ObjectShape(new("text_tokens", Count), new("image_tokens", Count))));
}
