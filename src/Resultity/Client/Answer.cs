using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;

namespace Resultity.Client;

/// <summary>Readers of parts of answers that may be absent.</summary>
internal static class Answer
{
    // Results are read by people and by tools, not by browsers: text stays text.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Walks down objects and arrays; <see langword="null"/> where the path ends early.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                JsonObject members => members[step],
                JsonArray items => int.TryParse(step, out var index) && index < items.Count ? items[index] : null,
                _ => null,
            };
        }

        return node;
    }

    public static string Text(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is JsonValue value ? value.ToString() : "";

    public static double? Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue(out double number) ? number : null;

    public static IEnumerable<JsonNode> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray items ? items.OfType<JsonNode>() : [];

    /// <summary>A list's values with commas between.</summary>
    public static string Join(this JsonNode? node, params ReadOnlySpan<string> path) => string.Join(", ", node.Items(path).Select(item => item.ToString()));

    /// <summary>Unix seconds as local date and time; empty if absent.</summary>
    public static string When(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.Number(path) is > 0 and < 253402300800 and { } seconds
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", null)
            : "";

    /// <summary>Writes JSON as a result: one line, so that each line of output is a document.</summary>
    public static void WriteJson(this Terminal terminal, JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain)) node.WriteTo(writer);
        terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>An answer's text as it may be shown: without what could steer a terminal.</summary>
    public static string ForTerminal(this Terminal terminal, string text) =>
        terminal.OutIsTerminal ? string.Concat(text.Where(character => !char.IsControl(character) || character is '\n' or '\t')) : text;
}
