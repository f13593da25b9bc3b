using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>The usage of one request.</summary>
/// <param name="Prompt">Tokens of the prompts, the continued text included.</param>
/// <param name="Completion">Tokens of the answers.</param>
/// <param name="Cached">Prompt tokens that were not computed again.</param>
/// <param name="Continued">Prompt tokens that are the text being continued: part of the answer in its reader's eyes.</param>
internal readonly record struct TokenCounts(long Prompt, long Completion, long Cached, long Continued)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, Prompt);
        json.WriteNumber("completion_tokens"u8, Completion);
        json.WriteNumber("total_tokens"u8, Prompt + Completion);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, Cached);
        json.WriteNumber("audio_tokens"u8, 0);
        if (Continued > 0) json.WriteNumber("continued_tokens"u8, Continued);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteNumber("audio_tokens"u8, 0);
        json.WriteNumber("accepted_prediction_tokens"u8, 0);
        json.WriteNumber("rejected_prediction_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
