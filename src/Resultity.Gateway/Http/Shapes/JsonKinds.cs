using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>Kinds of JSON values, told apart by their first token.</summary>
[Flags]
internal enum JsonKinds
{
    None = 0,
    Null = 1,
    Bool = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
    Any = Null | Bool | Number | String | Array | Object,
}

internal static class JsonKindNames
{
    public static JsonKinds Kind(this JsonTokenType token) => token switch
    {
        JsonTokenType.Null => JsonKinds.Null,
        JsonTokenType.True or JsonTokenType.False => JsonKinds.Bool,
        JsonTokenType.Number => JsonKinds.Number,
        JsonTokenType.String => JsonKinds.String,
        JsonTokenType.StartArray => JsonKinds.Array,
        JsonTokenType.StartObject => JsonKinds.Object,
        _ => JsonKinds.None,
    };

    /// <summary>One kind as a sentence names it.</summary>
    public static string Name(this JsonKinds kind) => kind switch
    {
        JsonKinds.Null => "null",
        JsonKinds.Bool => "a boolean",
        JsonKinds.Number => "a number",
        JsonKinds.String => "a string",
        JsonKinds.Array => "an array",
        JsonKinds.Object => "an object",
        _ => "nothing",
    };
}
