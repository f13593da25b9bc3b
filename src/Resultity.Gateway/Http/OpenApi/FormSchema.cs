using System.Text.Json;
using Resultity.Gateway.Http.Forms;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary>Writes forms as JSON Schema: files are binary strings.</summary>
internal static class FormSchema
{
    public static void Write(Utf8JsonWriter writer, FormShape form)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var file in form.Files)
        {
            writer.WriteStartObject(file.Name);
            WriteFile(writer, file);
            writer.WriteEndObject();
        }

        foreach (var field in form.Text.Fields)
        {
            writer.WritePropertyName(field.Name);
            SchemaWriter.Write(writer, field.Shape);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("required");
        foreach (var name in form.Files.Where(static file => file.Required).Select(static file => file.Name).Concat(form.Text.Fields.Where(static field => field.Required).Select(static field => field.Name)))
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter writer, FileField file)
    {
        if (file.Description is { } description)
        {
            writer.WriteString("description", description);
        }

        if (file.MaxCount > 1)
        {
            writer.WriteString("type", "array");
            writer.WriteNumber("maxItems", file.MaxCount);
            writer.WriteStartObject("items");
        }

        writer.WriteString("type", "string");
        writer.WriteString("format", "binary");
        if (file.MaxCount > 1)
        {
            writer.WriteEndObject();
        }
    }
}
