using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Validates and writes messages of the input, and the content parts that messages and function outputs share.</summary>
internal static class InputMessageWriter
{
    /// <summary>Writes a message; text that came bare becomes a part.</summary>
    public static void Write(Utf8JsonWriter writer, FieldReader fields, JsonElement item, string id)
    {
        var role = fields.Choice("role", true, "user", "assistant", "system", "developer");
        var isAssistant = role == "assistant";
        InputItemWriter.Begin(writer, id, "message");
        writer.WriteString("role"u8, role);
        writer.WritePropertyName("content"u8);
        var path = fields.PathOf("content");
        switch (item.Member("content"))
        {
            case null:
                fields.Reject(FieldReader.Missing(path));
                writer.WriteNullValue();
                break;
            case { ValueKind: JsonValueKind.String } text:
                writer.WriteStartArray();
                InputItemWriter.WriteTextPart(writer, isAssistant ? "output_text" : "input_text", text);
                writer.WriteEndArray();
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                WriteParts(writer, fields, parts, path, isAssistant);
                break;
            case { } other:
                fields.Reject(FieldReader.WrongType(path, "a string or an array of content parts", other));
                writer.WriteNullValue();
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes content parts.</summary>
    public static void WriteParts(Utf8JsonWriter writer, FieldReader fields, JsonElement parts, string path, bool isAssistant)
    {
        writer.WriteStartArray();
        var index = 0;
        foreach (var part in parts.EnumerateArray())
        {
            WritePart(writer, fields, part, $"{path}[{index++}]", isAssistant);
        }

        writer.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter writer, FieldReader outer, JsonElement part, string path, bool isAssistant)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            outer.Reject(FieldReader.WrongType(path, "an object", part));
            writer.WriteNullValue();
            return;
        }

        var fields = new FieldReader(part, path);
        var type = isAssistant
            ? fields.Choice("type", true, "output_text", "refusal")
            : fields.Choice("type", true, "input_text", "input_image", "input_file", "input_audio");
        switch (type)
        {
            case "input_text" or "output_text":
                fields.String("text", required: true);
                break;
            case "refusal":
                fields.String("refusal", required: true);
                break;
            case "input_image":
                CheckImage(fields);
                break;
            case "input_file":
                CheckFile(fields);
                break;
            case "input_audio":
                fields.Object("input_audio", required: true);
                break;
        }

        outer.Reject(fields);
        if (type is "input_text" or "output_text" && part.Member("text") is { } text)
        {
            InputItemWriter.WriteTextPart(writer, type, text);
        }
        else
        {
            part.WriteTo(writer);
        }
    }

    private static void CheckImage(FieldReader fields)
    {
        fields.Choice("detail", false, "low", "high", "auto", "original");
        if (fields.String("file_id") is not null)
        {
            fields.Reject(Fault.Invalid("Images by 'file_id' are not supported here. Send a data URL as 'image_url'.", fields.PathOf("file_id"), "unsupported_parameter"));
        }

        fields.String("image_url", required: true);
    }

    private static void CheckFile(FieldReader fields)
    {
        foreach (var name in (ReadOnlySpan<string>)["file_id", "file_url"])
        {
            if (fields.String(name) is not null)
            {
                fields.Reject(Fault.Invalid($"Files by '{name}' are not supported here. Send the content as 'file_data'.", fields.PathOf(name), "unsupported_parameter"));
            }
        }

        fields.String("filename");
        fields.String("file_data", required: true);
    }
}
