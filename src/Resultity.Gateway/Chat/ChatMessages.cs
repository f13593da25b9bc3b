using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Chat;

/// <summary>The messages of a chat, told apart by <c>role</c>, and the parts of their content, told apart by <c>type</c>.</summary>
internal static class ChatMessages
{
    private static readonly Case TextPart = Part("text", new Field("text", StringShape.Any) { Required = true });

    private static readonly Shape TextContent = new UnionShape([StringShape.Any, new ArrayShape(new TaggedShape("type", TextPart), min: 1)]);

    private static readonly Shape UserContent = new UnionShape([StringShape.Any, new ArrayShape(UserPart(), min: 1)]);

    private static readonly Shape AssistantContent = new UnionShape(
    [
        StringShape.Any,
        new ArrayShape(new TaggedShape("type", TextPart, Part("refusal", new Field("refusal", StringShape.Any) { Required = true })), min: 1),
        NullShape.Instance,
    ]);

    /// <summary>Any message.</summary>
    public static Shape Message { get; } = new TaggedShape(
        "role",
        Role("user", Content(UserContent)) with { Slot = Slot.PromptHead },
        Role("assistant", AssistantFields()),
        Role("system", Content(TextContent)),
        Role("tool", Content(TextContent), new Field("tool_call_id", StringShape.Any) { Required = true }),
        Role("developer", Content(TextContent)),
        Role("function", new Field("content", NullableString) { Required = true }));

    private static Case Role(string role, params Field[] fields) => new(
        role, new ObjectShape([new("role", new EnumShape(role)) { Required = true }, .. fields, new("name", NullableString)])
        {
            OneOf = role == "assistant" ? ["content", "tool_calls", "function_call", "refusal", "audio"] : [],
        });

    private static Field Content(Shape shape) => new("content", shape) { Required = true };

    private static Field[] AssistantFields() =>
    [
        new("content", AssistantContent),
        new("refusal", NullableString),
        new("audio", AnyShape.ObjectOrNull),
        new("tool_calls", new ArrayShape(ToolCall(), min: 1).OrNull()),
        new("function_call", new ObjectShape(Named("name"), Named("arguments")).OrNull()),
    ];

    private static TaggedShape ToolCall() => new(
        "type",
        Part("function", Named("id"), new Field("function", new ObjectShape(Named("name"), Named("arguments"))) { Required = true }),
        Part("custom", Named("id"), new Field("custom", new ObjectShape(Named("name"), Named("input"))) { Required = true }));

    private static TaggedShape UserPart() => new(
        "type",
        TextPart,
        Part("image_url", new Field("image_url", new ObjectShape(Named("url"), new("detail", new EnumShape("auto", "low", "high").OrNull()))) { Required = true }),
        Part("input_audio", new Field("input_audio", new ObjectShape(Named("data"), Named("format"))) { Required = true }),
        Part("file", new Field("file", AnyShape.Object) { Required = true }),
        Part("video_url", new Field("video_url", new ObjectShape(Named("url"))) { Required = true }));

    private static Case Part(string type, params Field[] fields) =>
        new(type, new ObjectShape([new("type", new EnumShape(type)) { Required = true }, .. fields]));

    private static Field Named(string name) => new(name, StringShape.Any) { Required = true };
}
