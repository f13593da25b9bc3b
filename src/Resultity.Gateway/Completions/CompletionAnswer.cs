using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Completions;

/// <summary>What answers to completions look like, for the published document.</summary>
internal static class CompletionAnswer
{
    /// <summary>A <c>text_completion</c>.</summary>
    public static ObjectShape Shape { get; } = new(
        new Field("id", StringShape.Any) { Required = true },
        new Field("object", new EnumShape("text_completion")) { Required = true },
        new Field("created", new IntegerShape(0, long.MaxValue)) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("choices", new ArrayShape(Choice())) { Required = true },
        new Field("usage", SharedShapes.Usage));

    private static ObjectShape Choice() => new(
        new Field("index", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("text", StringShape.Any) { Required = true },
        new Field("logprobs", AnyShape.ObjectOrNull),
        new Field("finish_reason", new EnumShape("stop", "length", "content_filter").OrNull()) { Required = true });
}
