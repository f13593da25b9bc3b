using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Generating;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Log-probabilities in the shape of chat completions.</summary>
internal static class ChatLogprobs
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<LogprobEntry>? entries)
    {
        if (entries is null)
        {
            json.WriteNull("logprobs"u8);
            return;
        }
        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("content"u8);
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            WriteCandidate(json, entry.Chosen);
            json.WriteStartArray("top_logprobs"u8);
            foreach (var top in entry.Top)
            {
                json.WriteStartObject();
                WriteCandidate(json, top);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("refusal"u8);
        json.WriteEndObject();
    }

    /// <summary>JSON has no infinities: a banned token's log-probability is written as a very small one, as OpenAI does.</summary>
    public static float Finite(float logprob) => float.IsFinite(logprob) ? logprob : -9999;

    private static void WriteCandidate(Utf8JsonWriter json, LogprobCandidate candidate)
    {
        json.WriteString("token"u8, TokenText.Of(candidate.Bytes.Span));
        json.WriteNumber("logprob"u8, Finite(candidate.Logprob));
        json.WriteStartArray("bytes"u8);
        foreach (var value in candidate.Bytes.Span) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
