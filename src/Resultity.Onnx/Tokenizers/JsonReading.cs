using System.Text.Json;

namespace Resultity.Onnx.Tokenizers;

/// <summary>Reads optional members of the tokenizer file, where null and absent mean the same.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static string RequiredText(this JsonElement element, string name) =>
        element.Text(name) ?? throw new TokenizerFormatException($"tokenizer.json: '{name}' is missing or not a string in {Excerpt(element)}");

    public static bool Flag(this JsonElement element, string name, bool otherwise = false) =>
        element.Member(name) switch
        {
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => otherwise,
        };

    public static int Number(this JsonElement element, string name, int otherwise) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : otherwise;

    public static string Kind(this JsonElement element) => element.RequiredText("type");

    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } value
            ? value.EnumerateArray()
            : throw new TokenizerFormatException($"tokenizer.json: '{name}' is missing or not a list in {Excerpt(element)}");

    public static TokenizerFormatException Unknown(this JsonElement element, string what) =>
        new($"tokenizer.json: {what} of type '{element.Text("type")}' is not supported");

    private static string Excerpt(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 120 ? text : string.Concat(text.AsSpan(0, 120), "…");
    }
}
