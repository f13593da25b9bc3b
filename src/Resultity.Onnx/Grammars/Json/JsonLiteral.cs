using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Resultity.Onnx.Grammars.Json;

/// <summary>Fixed values as JSON text.</summary>
internal static class JsonLiteral
{
    public static string Quote(string text)
    {
        var output = new StringBuilder("\"");
        foreach (var character in text) output.Append(Escape(character));
        return output.Append('"').ToString();
    }

    /// <summary>A character as it stands in a string: escaped only where it must be.</summary>
    public static string Escape(char character) => character switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        '\b' => @"\b",
        '\f' => @"\f",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
        _ => character.ToString(),
    };

    public static string Write(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Write))}]",
        JsonValueKind.Object => $"{{{string.Join(", ", value.EnumerateObject().Select(static member => $"{Quote(member.Name)}: {Write(member.Value)}"))}}}",
        _ => value.GetRawText(),
    };
}
