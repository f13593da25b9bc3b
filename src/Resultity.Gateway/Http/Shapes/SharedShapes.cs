namespace Resultity.Gateway.Http.Shapes;

/// <summary>Shapes that several endpoints have in common.</summary>
internal static class SharedShapes
{
    /// <summary>The longest name of a model, in UTF-16 units.</summary>
    private const int ModelLength = 256;

    public static Shape NullableBool { get; } = BoolShape.Instance.OrNull();

    public static Shape NullableString { get; } = StringShape.Any.OrNull();

    /// <summary>An image in JSON: a data URL or the id of a file, bare or in one of the objects that OpenAI's endpoints have for it.</summary>
    public static Shape Image { get; } = new UnionShape(
    [
        new StringShape(1) { Description = "A data URL (`data:image/png;base64,…`), or the id of an uploaded file." },
        new ObjectShape(new Field("image_url", new UnionShape([new StringShape(1), new ObjectShape(new Field("url", new StringShape(1)) { Required = true })])), new("file_id", new StringShape(1)))
        {
            OneOf = ["image_url", "file_id"],
        },
    ]);

    /// <summary>What an answer says of its usage.</summary>
    public static ObjectShape Usage { get; } = new(
        new Field("prompt_tokens", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("completion_tokens", new IntegerShape(0, int.MaxValue)),
        new Field("total_tokens", new IntegerShape(0, int.MaxValue)) { Required = true });

    /// <summary>The model's name. Each object has fields of its own.</summary>
    public static Field Model() =>
        new("model", new StringShape(1, ModelLength) { Description = "Name of the model, or of several as `a|b` or `a+b`." }) { Slot = Slot.Model };

    /// <summary>The model's name where OpenAI's API lets a client leave it out: then a model that serves the endpoint is chosen.</summary>
    public static Field OptionalModel() =>
        new("model", new StringShape(1, ModelLength) { Description = "Name of the model; without it one that serves the endpoint is chosen." }) { Slot = Slot.Model };

    /// <summary>Fields of everything that generates text.</summary>
    public static IEnumerable<Field> Sampling() =>
    [
        .. MultimodelShapes.Models(),
        new("stream", NullableBool) { Slot = Slot.Stream },
        new("stream_options", StreamOptions()) { Slot = Slot.StreamOptions },
        new("n", new IntegerShape(1, 128).OrNull()) { Slot = Slot.N },
        new("max_tokens", new IntegerShape(1, int.MaxValue).OrNull()) { Slot = Slot.MaxTokens },
        new("temperature", new NumberShape(0, 2).OrNull()),
        new("top_p", new NumberShape(0, 1).OrNull()),
        new("top_k", new IntegerShape(-1, int.MaxValue).OrNull()),
        new("min_p", new NumberShape(0, 1).OrNull()),
        new("repetition_penalty", new NumberShape(0, 10).OrNull()),
        new("presence_penalty", new NumberShape(-2, 2).OrNull()),
        new("frequency_penalty", new NumberShape(-2, 2).OrNull()),
        new("logit_bias", new MapShape(new NumberShape(-100, 100)) { KeysAreIntegers = true }.OrNull()),
        new("stop", new UnionShape([StringShape.Any, new ArrayShape(StringShape.Any, 0, 4), NullShape.Instance])),
        new("seed", new IntegerShape(long.MinValue, long.MaxValue).OrNull()),
        new("user", NullableString),
    ];

    private static Shape StreamOptions() => new ObjectShape(
        new Field("include_usage", NullableBool) { Slot = Slot.IncludeUsage },
        new Field("include_obfuscation", NullableBool)).OrNull();
}
