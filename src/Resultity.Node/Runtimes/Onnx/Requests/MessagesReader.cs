using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>
/// Checks a conversation and brings it into the form that chat templates expect: contents are text, tool-call arguments are
/// objects, developer messages are system messages.
/// </summary>
internal static class MessagesReader
{
    private const int MaxMessages = 10_000;

    public static List<JsonObject> Read(RequestFields fields, string model)
    {
        var items = fields.List("messages", MaxMessages) ?? throw fields.Missing("messages");
        if (items.Count == 0) throw new InvalidRequestException("'messages' is empty; at least one message is required.", "messages", "empty_array");
        return [.. items.Select((item, at) => ReadMessage(RequestFields.Of(item, $"messages[{at}]"), model))];
    }

    private static JsonObject ReadMessage(RequestFields message, string model)
    {
        var role = message.Has("role") ? message.Choice("role", "", "system", "developer", "user", "assistant", "tool", "function") : throw message.Missing("role");
        var calls = role == "assistant" ? ReadCalls(message) : null;
        var result = new JsonObject { ["role"] = role == "developer" ? "system" : role == "function" ? "tool" : role };
        if (role == "tool") result["tool_call_id"] = message.RequiredText("tool_call_id");
        if (message.Text("name") is { } name) result["name"] = name;
        if (role == "assistant" && message.Text("reasoning_content") is { } reasoning) result["reasoning_content"] = reasoning;
        result["content"] = ReadContent(message, model, required: role != "assistant" || (calls is null && !message.Has("refusal")));
        if (calls is not null) result["tool_calls"] = calls;
        return result;
    }

    private static string ReadContent(RequestFields message, string model, bool required)
    {
        if (message.Member("content") is not { } content) return required ? throw message.Missing("content") : message.Text("refusal") ?? "";
        if (content.ValueKind == JsonValueKind.String) return message.RequiredText("content");
        if (content.ValueKind != JsonValueKind.Array) throw RequestFields.Wrong(message.PathOf("content"), "a string or an array of content parts", content);
        var parts = message.List("content", MaxMessages)!.Select((part, at) => ReadPart(RequestFields.Of(part, $"{message.PathOf("content")}[{at}]"), model));
        return string.Join('\n', parts);
    }

    private static string ReadPart(RequestFields part, string model)
    {
        switch (part.RequiredText("type"))
        {
            case "text": return part.RequiredText("text");
            case "refusal": return part.RequiredText("refusal");
            case "image_url" or "input_image": throw new InvalidRequestException($"The model '{model}' has no vision, so it takes no images.", part.PathOf("type"), "unsupported_content");
            case "input_audio": throw new InvalidRequestException($"The model '{model}' takes no audio.", part.PathOf("type"), "unsupported_content");
            case "file": throw new InvalidRequestException($"The model '{model}' takes no files.", part.PathOf("type"), "unsupported_content");
            case var other: throw new InvalidRequestException($"'{part.PathOf("type")}' is '{RequestFields.Shortened(other)}', which is no kind of content part; 'text' is.", part.PathOf("type"));
        }
    }

    private static JsonArray? ReadCalls(RequestFields message)
    {
        if (message.List("tool_calls", 1000) is not { Count: > 0 } items) return null;
        return [.. items.Select((item, at) => (JsonNode)ReadCall(RequestFields.Of(item, $"{message.PathOf("tool_calls")}[{at}]")))];
    }

    private static JsonObject ReadCall(RequestFields call)
    {
        call.Choice("type", "function", "function");
        var function = call.Object("function") ?? throw call.Missing("function");
        return new JsonObject
        {
            ["id"] = call.RequiredText("id"),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = function.RequiredText("name"), ["arguments"] = Arguments(function.Text("arguments") ?? "{}") },
        };
    }

    /// <summary>Templates write arguments with tojson, so they take the object; what a model wrote that is no JSON stays text.</summary>
    private static JsonNode? Arguments(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
