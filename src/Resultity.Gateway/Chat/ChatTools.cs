using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Chat;

/// <summary>Tools, functions (their older form) and the format of an answer.</summary>
internal static class ChatTools
{
    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    private static readonly StringShape Name = new(1, 64) { Characters = NameCharacters };

    private static readonly ObjectShape NameOnly = new(new Field("name", StringShape.Any) { Required = true });

    /// <summary><c>tools</c>.</summary>
    public static Shape Tools { get; } = new ArrayShape(
        new TaggedShape(
            "type",
            Of("function", new ObjectShape(
                new Field("name", Name) { Required = true },
                new Field("description", NullableString),
                new Field("parameters", AnyShape.ObjectOrNull),
                new Field("strict", NullableBool))),
            Of("custom", new ObjectShape(
                new Field("name", Name) { Required = true },
                new Field("description", NullableString),
                new Field("format", AnyShape.ObjectOrNull)))),
        min: 0,
        max: 128).OrNull();

    /// <summary><c>tool_choice</c>.</summary>
    public static Shape Choice { get; } = new UnionShape(
    [
        new EnumShape("none", "auto", "required"),
        new TaggedShape("type", Of("function", NameOnly), Of("custom", NameOnly), Of("allowed_tools", AnyShape.Object)),
        NullShape.Instance,
    ]);

    /// <summary><c>functions</c>.</summary>
    public static Shape Functions { get; } = new ArrayShape(
        new ObjectShape(
            new Field("name", Name) { Required = true },
            new Field("description", NullableString),
            new Field("parameters", AnyShape.ObjectOrNull)),
        min: 1,
        max: 128).OrNull();

    /// <summary><c>function_call</c>.</summary>
    public static Shape FunctionChoice { get; } = new UnionShape([new EnumShape("none", "auto"), NameOnly, NullShape.Instance]);

    /// <summary><c>response_format</c>.</summary>
    public static Shape ResponseFormat { get; } = new TaggedShape(
        "type",
        Plain("text"),
        Plain("json_object") with { Slot = Slot.ResponseFormat },
        Of("json_schema", new ObjectShape(
            new Field("name", Name) { Required = true },
            new Field("description", NullableString),
            new Field("schema", AnyShape.ObjectOrNull),
            new Field("strict", NullableBool))) with
        { Slot = Slot.ResponseFormat }).OrNull();

    private static Case Plain(string type) => new(type, new ObjectShape(new Field("type", new EnumShape(type)) { Required = true }));

    private static Case Of(string type, Shape content) => new(
        type,
        new ObjectShape(new Field("type", new EnumShape(type)) { Required = true }, new Field(type, content) { Required = true }));
}
