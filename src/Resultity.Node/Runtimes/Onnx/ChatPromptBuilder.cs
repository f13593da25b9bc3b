using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Templates;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Makes a conversation into the model's tokens.</summary>
internal static class ChatPromptBuilder
{
    /// <summary>The prompt, and how many of its tokens are the answer that is continued.</summary>
    public static (int[] Prompt, int Continued) Build(ChatRequest request, LoadedTextModel model, string name)
    {
        if (model.Template is null) throw new InvalidRequestException($"The model '{name}' has no chat template; use /v1/completions.", "model", "unsupported_endpoint");
        var rendered = Render(request, model);
        // Templates write the begin token themselves, so the tokenizer is not to add another.
        var prompt = rendered.Encode(model.Tokenizer, addSpecialTokens: false);
        var continued = 0;
        if (request.Continued is { Length: > 0 } text)
        {
            var bare = prompt.Length;
            prompt = rendered.Append(text).Encode(model.Tokenizer, addSpecialTokens: false);
            continued = Math.Max(0, prompt.Length - bare);
        }
        if (prompt.Length == 0) throw new InvalidRequestException("The conversation is empty after the chat template.", "messages");
        CheckLength(prompt.Length, model.Config.ContextLength, "messages");
        return (prompt, continued);
    }

    /// <summary>A prompt must leave room for at least one token.</summary>
    public static void CheckLength(int tokens, int context, string param)
    {
        if (tokens >= context)
            throw new InvalidRequestException($"This model's maximum context length is {context} tokens, but the prompt has {tokens} tokens. Shorten the {param}.", param, "context_length_exceeded");
    }

    private static RenderedPrompt Render(ChatRequest request, LoadedTextModel model)
    {
        try
        {
            try
            {
                return Render(request, model, request.Messages);
            }
            catch (TemplateException error) when (error.Refused && HasSystemBeforeUser(request.Messages))
            {
                // Templates of models without a system role (Gemma's) refuse it; its text then goes into the first user message.
                var merged = request.Messages[1].DeepClone().AsObject();
                merged["content"] = $"{request.Messages[0]["content"]!.GetValue<string>()}\n\n{merged["content"]!.GetValue<string>()}";
                return Render(request, model, [merged, .. request.Messages.Skip(2)]);
            }
        }
        catch (TemplateException error)
        {
            throw new InvalidRequestException($"The model's chat template does not take this conversation: {error.Message}", "messages", "chat_template_error");
        }
    }

    private static RenderedPrompt Render(ChatRequest request, LoadedTextModel model, IReadOnlyList<JsonObject> messages) => model.Template!.Render(new ChatPrompt
    {
        Messages = JsonSerializer.SerializeToElement(new JsonArray([.. messages.Select(static message => message.DeepClone())]), RequestJson.Default.JsonArray),
        Tools = request.ToolList,
        Variables = request.Variables,
        AddGenerationPrompt = true,
    });

    private static bool HasSystemBeforeUser(List<JsonObject> messages) => messages.Count > 1 && RoleOf(messages[0]) == "system" && RoleOf(messages[1]) == "user";

    private static string RoleOf(JsonObject message) => message["role"]!.GetValue<string>();
}
