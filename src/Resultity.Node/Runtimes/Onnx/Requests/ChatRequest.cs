using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>A chat completion as asked for, checked.</summary>
internal sealed record ChatRequest
{
    public required GenerationSettings Settings { get; init; }
    public required List<JsonObject> Messages { get; init; }
    public required ToolUse Tools { get; init; }
    public required AnswerFormat Format { get; init; }
    public required int? MaxTokens { get; init; }
    public required bool Logprobs { get; init; }
    public required int TopLogprobs { get; init; }

    /// <summary>The tools as the prompt shows them, or null.</summary>
    public required JsonElement? ToolList { get; init; }

    /// <summary>More variables for the chat template, or null.</summary>
    public required JsonElement? Variables { get; init; }

    /// <summary>The unfinished answer that is to be continued, taken off the conversation; or null.</summary>
    public required string? Continued { get; init; }

    public static ChatRequest Read(JsonElement body, string model, int vocabulary)
    {
        var fields = RequestFields.Of(body, "");
        var settings = GenerationSettings.Read(fields, vocabulary);
        var messages = MessagesReader.Read(fields, model);
        var tools = ToolsReader.Read(fields);
        var logprobs = fields.Flag("logprobs");
        var top = (int)(fields.Integer("top_logprobs", 0, 20) ?? 0);
        if (top > 0 && !logprobs) throw new InvalidRequestException("'top_logprobs' is allowed only with 'logprobs': true.", "top_logprobs");
        return new ChatRequest
        {
            Settings = settings,
            Messages = messages,
            Tools = tools,
            Format = AnswerFormat.Read(fields),
            MaxTokens = (int?)(fields.Integer("max_completion_tokens", 1, int.MaxValue) ?? fields.Integer("max_tokens", 1, int.MaxValue)),
            Logprobs = logprobs,
            TopLogprobs = top,
            ToolList = tools.All.Count > 0 && tools.Mode != ToolMode.None ? fields.Member("tools") : null,
            Variables = fields.Object("chat_template_kwargs")?.Element,
            Continued = fields.Flag("continue_final_message") ? TakeContinued(messages) : null,
        };
    }

    private static string TakeContinued(List<JsonObject> messages)
    {
        var last = messages[^1];
        var path = $"messages[{messages.Count - 1}]";
        if (last["role"]!.GetValue<string>() != "assistant" || last["tool_calls"] is not null)
            throw new InvalidRequestException("'continue_final_message' needs a last message of the assistant with text only.", path);
        if (messages.Count == 1) throw new InvalidRequestException("'continue_final_message' needs a message before the one that is continued.", "messages");
        messages.RemoveAt(messages.Count - 1);
        return last["content"]!.GetValue<string>();
    }
}
