using System.Text.Encodings.Web;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>How JSON of responses is written and looked into.</summary>
internal static class ResponseJson
{
    /// <summary>Compact, with only the escapes that JSON itself asks for: answers are full of quotes and letters beyond ASCII.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = false,
    };

    /// <summary>The member, if it is there and not null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The member, if it is a string.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The member, if it is a whole number that fits.</summary>
    public static long? Whole(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The member, if it is true or false.</summary>
    public static bool? Flag(this JsonElement element, string name) => element.Member(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The members of an array; none if it is not an array.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement? element)
    {
        if (element is { ValueKind: JsonValueKind.Array } array)
        {
            foreach (var value in array.EnumerateArray())
            {
                yield return value;
            }
        }
    }

    /// <summary>Writes a member as it came, or null in its place.</summary>
    public static void WriteMember(this Utf8JsonWriter writer, string name, JsonElement? value)
    {
        writer.WritePropertyName(name);
        if (value is { } present)
        {
            present.WriteTo(writer);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    /// <summary>Writes an array of objects that are JSON already.</summary>
    public static void WriteItems(this Utf8JsonWriter writer, string name, IEnumerable<JsonElement> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    }
}
