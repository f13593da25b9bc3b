using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Chat;

/// <summary>What answers to chats look like, for the published document.</summary>
internal static class ChatAnswer
{
    /// <summary>A <c>chat.completion</c>.</summary>
    public static ObjectShape Shape { get; } = new(
        new Field("id", StringShape.Any) { Required = true },
        new Field("object", new EnumShape("chat.completion")) { Required = true },
        new Field("created", new IntegerShape(0, long.MaxValue)) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("choices", new ArrayShape(Choice())) { Required = true },
        new Field("usage", SharedShapes.Usage));

    private static ObjectShape Choice() => new(
        new Field("index", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("message", new ObjectShape(
            new Field("role", new EnumShape("assistant")) { Required = true },
            new Field("content", SharedShapes.NullableString),
            new Field("refusal", SharedShapes.NullableString),
            new Field("tool_calls", new ArrayShape(AnyShape.Object).OrNull())))
        { Required = true },
        new Field("logprobs", AnyShape.ObjectOrNull),
        new Field("finish_reason", new EnumShape("stop", "length", "tool_calls", "content_filter", "function_call").OrNull()) { Required = true });
}
