using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Validates and writes input items other than messages. What is written after a fault is thrown away by the caller.</summary>
internal static class InputItemWriter
{
    /// <summary>An input that is just text: one message of the user.</summary>
    public static void WriteUserText(Utf8JsonWriter writer, string id, JsonElement text)
    {
        Begin(writer, id, "message");
        writer.WriteString("role"u8, "user"u8);
        writer.WriteStartArray("content"u8);
        WriteTextPart(writer, "input_text", text);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>A call that the model made before.</summary>
    public static void WriteCall(Utf8JsonWriter writer, FieldReader fields, string id)
    {
        var callId = fields.String("call_id", required: true, longest: 128);
        var name = fields.String("name", required: true, longest: 128);
        var arguments = fields.String("arguments", required: true);
        Begin(writer, id, "function_call");
        writer.WriteString("arguments"u8, arguments);
        writer.WriteString("call_id"u8, callId);
        writer.WriteString("name"u8, name);
        writer.WriteEndObject();
    }

    /// <summary>What a function gave.</summary>
    public static void WriteCallOutput(Utf8JsonWriter writer, FieldReader fields, JsonElement item, string id)
    {
        var callId = fields.String("call_id", required: true, longest: 128);
        Begin(writer, id, "function_call_output");
        writer.WriteString("call_id"u8, callId);
        writer.WritePropertyName("output"u8);
        var path = fields.PathOf("output");
        switch (item.Member("output"))
        {
            case null:
                fields.Reject(FieldReader.Missing(path));
                writer.WriteNullValue();
                break;
            case { ValueKind: JsonValueKind.String } text:
                text.WriteTo(writer);
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                InputMessageWriter.WriteParts(writer, fields, parts, path, isAssistant: false);
                break;
            case { } other:
                fields.Reject(FieldReader.WrongType(path, "a string or an array of content parts", other));
                writer.WriteNullValue();
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>What the model thought before.</summary>
    public static void WriteReasoning(Utf8JsonWriter writer, FieldReader fields, JsonElement item, string id)
    {
        var summary = fields.Array("summary");
        var content = fields.Array("content");
        var encrypted = fields.String("encrypted_content");
        Begin(writer, id, "reasoning");
        WriteTexts(writer, fields, "summary", summary);
        if (content is not null)
        {
            WriteTexts(writer, fields, "content", content);
        }

        if (encrypted is not null)
        {
            writer.WriteMember("encrypted_content", item.Member("encrypted_content"));
        }

        writer.WriteEndObject();
    }

    /// <summary>A text part.</summary>
    public static void WriteTextPart(Utf8JsonWriter writer, string type, JsonElement text)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteMember("text", text);
        if (type == "output_text")
        {
            writer.WriteStartArray("annotations"u8);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Begins an item.</summary>
    public static void Begin(Utf8JsonWriter writer, string id, string type)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, type);
        writer.WriteString("status"u8, "completed"u8);
    }

    private static void WriteTexts(Utf8JsonWriter writer, FieldReader fields, string name, JsonElement? parts)
    {
        writer.WriteStartArray(name);
        var index = 0;
        foreach (var part in parts.Elements())
        {
            var members = new FieldReader(part, $"{fields.PathOf(name)}[{index++}]");
            members.String("type", required: true);
            members.String("text", required: true);
            fields.Reject(members);
            part.WriteTo(writer);
        }

        writer.WriteEndArray();
    }
}
