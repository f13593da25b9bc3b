using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Writes functions, and the choice among them, as chat completions name them.</summary>
internal static class ChatToolsWriter
{
    /// <summary>Writes <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>; nothing if there are no functions.</summary>
    public static void Write(Utf8JsonWriter writer, ResponseRequest request)
    {
        var choice = request.Field("tool_choice");
        var allowed = AllowedNames(choice);
        var tools = request.Field("tools").Elements().Where(tool => allowed?.Contains(tool.Text("name")!) ?? true).ToList();
        if (tools.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tools"u8);
        foreach (var tool in tools)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            foreach (var name in (ReadOnlySpan<string>)["name", "description", "parameters", "strict"])
            {
                ChatBodyWriter.Copy(writer, name, tool.Member(name));
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteChoice(writer, choice);
        writer.WriteBoolean("parallel_tool_calls"u8, request.ParallelToolCalls);
    }

    private static void WriteChoice(Utf8JsonWriter writer, JsonElement? choice)
    {
        if (choice is not { ValueKind: JsonValueKind.Object } form)
        {
            ChatBodyWriter.Copy(writer, "tool_choice", choice);
        }
        else if (form.Text("type") == "allowed_tools")
        {
            writer.WriteMember("tool_choice", form.Member("mode"));
        }
        else
        {
            writer.WriteStartObject("tool_choice"u8);
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteMember("name", form.Member("name"));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }

    private static HashSet<string>? AllowedNames(JsonElement? choice) =>
        choice is { ValueKind: JsonValueKind.Object } form && form.Text("type") == "allowed_tools"
            ? [.. form.Member("tools").Elements().Select(static tool => tool.Text("name")!)]
            : null;
}
