using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Chat;

/// <summary>The body of <c>POST /v1/chat/completions</c>, after OpenAI's published schema and the extensions that servers share.</summary>
internal static class ChatBody
{
    /// <summary>The body's shape and rules.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.ChatCompletions, Root(), Check, IsPlainText);

    private static ObjectShape Root() => new(
    [
        .. Sampling(),
        new("messages", new ArrayShape(ChatMessages.Message, min: 1)) { Required = true, Slot = Slot.Prompt },
        new("max_completion_tokens", new IntegerShape(1, int.MaxValue).OrNull()) { Slot = Slot.MaxCompletionTokens },
        new("logprobs", NullableBool) { Slot = Slot.Logprobs },
        new("top_logprobs", new IntegerShape(0, 20).OrNull()) { Slot = Slot.TopLogprobs },
        new("response_format", ChatTools.ResponseFormat),
        new("tools", ChatTools.Tools) { Slot = Slot.Tools },
        new("tool_choice", ChatTools.Choice),
        new("parallel_tool_calls", NullableBool),
        new("functions", ChatTools.Functions) { Slot = Slot.Tools },
        new("function_call", ChatTools.FunctionChoice),
        new("modalities", new ArrayShape(StringShape.Any, 1, 8).OrNull()),
        new("audio", AnyShape.ObjectOrNull),
        new("prediction", AnyShape.ObjectOrNull),
        new("web_search_options", AnyShape.ObjectOrNull),
        new("reasoning_effort", NullableString),
        new("verbosity", NullableString),
        new("service_tier", NullableString),
        new("store", NullableBool),
        new("metadata", new MapShape(new StringShape(0, 512), 16, 64).OrNull()),
        new("safety_identifier", NullableString),
        new("prompt_cache_key", NullableString),
        new("continue_final_message", NullableBool),
        new("add_generation_prompt", NullableBool),
        new("chat_template_kwargs", AnyShape.ObjectOrNull),
    ]);

    private static bool Check(ref Scan scan)
    {
        if (!ModelRule.Check(ref scan) || !StreamRule.Check(ref scan))
        {
            return false;
        }

        if (scan.Captures.Get(Slot.MaxTokens).HasValue && scan.Captures.Get(Slot.MaxCompletionTokens).HasValue)
        {
            scan.Fail("invalid_parameter_combination", "Invalid ", ": it cannot be set together with 'max_completion_tokens'. Set one of them.");
            return scan.Within("max_tokens");
        }

        if (scan.Captures.Get(Slot.TopLogprobs).HasValue && !scan.Captures.Get(Slot.Logprobs).IsTrue)
        {
            scan.Fail("invalid_parameter_combination", "Invalid ", ": it is only allowed when 'logprobs' is true.");
            return scan.Within("top_logprobs");
        }

        return true;
    }

    private static bool IsPlainText(in Captures captures) =>
        captures.Get(Slot.N) is { HasValue: false } or { Integer: 1 }
        && !captures.Get(Slot.Tools).HasValue
        && !captures.Get(Slot.ResponseFormat).HasValue
        && !captures.Get(Slot.Logprobs).IsTrue;
}
