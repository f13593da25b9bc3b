using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Writes the content of a message as chat completions name it.</summary>
internal static class ChatContentWriter
{
    /// <summary>Writes <c>content</c>: a string where the content is one text, which every server takes; parts otherwise.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement? content)
    {
        if (content is { ValueKind: JsonValueKind.String } bare)
        {
            writer.WriteMember("content", bare);
            return;
        }

        var parts = content.Elements().ToList();
        if (parts.Count == 0 || (parts.Count == 1 && parts[0].Member("text") is not null))
        {
            writer.WriteString("content"u8, TextOf(content));
            return;
        }

        writer.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            WritePart(writer, part);
        }

        writer.WriteEndArray();
    }

    /// <summary>The text of all text parts.</summary>
    public static string TextOf(JsonElement? content) => Join(content, "text");

    /// <summary>The words of all refusals.</summary>
    public static string RefusalOf(JsonElement? content) => Join(content, "refusal");

    private static string Join(JsonElement? content, string name)
    {
        var text = new StringBuilder();
        foreach (var part in content.Elements())
        {
            text.Append(part.Text(name));
        }

        return text.ToString();
    }

    private static void WritePart(Utf8JsonWriter writer, JsonElement part)
    {
        writer.WriteStartObject();
        switch (part.Text("type"))
        {
            case "input_image":
                writer.WriteString("type"u8, "image_url"u8);
                writer.WriteStartObject("image_url"u8);
                writer.WriteMember("url", part.Member("image_url"));
                ChatBodyWriter.Copy(writer, "detail", part.Member("detail"));
                writer.WriteEndObject();
                break;
            case "input_file":
                writer.WriteString("type"u8, "file"u8);
                writer.WriteStartObject("file"u8);
                ChatBodyWriter.Copy(writer, "filename", part.Member("filename"));
                writer.WriteMember("file_data", part.Member("file_data"));
                writer.WriteEndObject();
                break;
            case "input_audio":
                writer.WriteString("type"u8, "input_audio"u8);
                writer.WriteMember("input_audio", part.Member("input_audio"));
                break;
            default:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteMember("text", part.Member("text"));
                break;
        }

        writer.WriteEndObject();
    }
}
