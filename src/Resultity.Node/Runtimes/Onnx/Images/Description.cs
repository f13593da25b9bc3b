using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>What an image shows, in the form that was asked for. Tags are the caption's words that mean something by themselves.</summary>
internal sealed class Description(string caption, string kind)
{
    private static readonly HashSet<string> Empty = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "the", "on", "in", "at", "of", "to", "and", "or", "with", "is", "are", "it", "its", "that", "there", "this", "by", "for", "from", "as", "background",
    };

    public string Text => kind == "tags" ? string.Join(", ", Tags) : caption;

    private List<string> Tags => [.. caption.Split([' ', ',', '.', ';', ':'], StringSplitOptions.RemoveEmptyEntries).Where(static word => !Empty.Contains(word)).Distinct(StringComparer.OrdinalIgnoreCase)];

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, Text);
        if (kind is "tags" or "json") WriteTags(json);
        if (kind == "json")
        {
            json.WriteStartObject("json"u8);
            json.WriteString("caption"u8, caption);
            WriteTags(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteTags(Utf8JsonWriter json)
    {
        json.WriteStartArray("tags"u8);
        foreach (var tag in Tags) json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
