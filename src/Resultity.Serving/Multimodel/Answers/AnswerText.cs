using System.Text.Json.Nodes;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>What a whole answer says, wherever answers of its kind say it: what votes are cast on and judges read.</summary>
internal static class AnswerText
{
    /// <summary>The text; <see langword="null"/> if it says nothing that could be compared.</summary>
    public static string? Read(JsonObject root)
    {
        if (First(root, "choices") is { } choice)
        {
            var message = choice["message"] as JsonObject;
            var text = Text(message?["content"]) ?? Text(choice["text"]);
            return text is { Length: > 0 } ? text : message?["tool_calls"] is JsonArray { Count: > 0 } calls ? Calls(calls) : text;
        }

        return Text(root["text"]) ?? Text(First(root, "data")?["text"]) ?? (root["results"] as JsonArray)?.ToJsonString();
    }

    /// <summary>Whether what <see cref="Read"/> gives is JSON by the nature of the answer.</summary>
    public static bool IsJson(JsonObject root) => root["choices"] is null && root["text"] is null && root["results"] is JsonArray;

    /// <summary>Puts another text in its place.</summary>
    public static void Replace(JsonObject root, string text)
    {
        if (First(root, "choices") is { } choice)
        {
            if (choice["message"] is JsonObject message)
            {
                message["content"] = text;
                message.Remove("tool_calls");
                message.Remove("reasoning_content");
            }
            else
            {
                choice["text"] = text;
            }

            choice.Remove("logprobs");
        }
        else if (IsJson(root))
        {
            root["results"] = JsonNode.Parse(text);
        }
        else if (root["text"] is not null)
        {
            root["text"] = text;
        }
        else if (First(root, "data") is { } item)
        {
            item["text"] = text;
        }
    }

    // Which call has which identifier differs between any two answers.
    private static string Calls(JsonArray calls) =>
        new JsonArray([.. calls.Select(static call => call?["function"]?.DeepClone())]).ToJsonString();

    private static JsonObject? First(JsonObject root, string list) => root[list] is JsonArray { Count: > 0 } items ? items[0] as JsonObject : null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
