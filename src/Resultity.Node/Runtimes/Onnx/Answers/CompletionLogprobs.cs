using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Generating;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Log-probabilities in the shape of text completions.</summary>
internal static class CompletionLogprobs
{
    private const string BytesPrefix = "bytes:";

    /// <summary>Writes the entries; <paramref name="offset"/> is where in the answer's text the first one begins, and moves on.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<LogprobEntry>? entries, ref int offset)
    {
        if (entries is null)
        {
            json.WriteNull("logprobs"u8);
            return;
        }
        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("text_offset"u8);
        foreach (var entry in entries)
        {
            json.WriteNumberValue(offset);
            offset += TokenText.Of(entry.Chosen.Bytes.Span).Length;
        }
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs"u8);
        foreach (var entry in entries) json.WriteNumberValue(ChatLogprobs.Finite(entry.Chosen.Logprob));
        json.WriteEndArray();
        json.WriteStartArray("tokens"u8);
        foreach (var entry in entries) json.WriteStringValue(TokenText.Of(entry.Chosen.Bytes.Span, BytesPrefix));
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs"u8);
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            // Two tokens can have the same text; an object has a name once.
            foreach (var top in entry.Top.DistinctBy(static top => TokenText.Of(top.Bytes.Span, BytesPrefix)))
                json.WriteNumber(TokenText.Of(top.Bytes.Span, BytesPrefix), ChatLogprobs.Finite(top.Logprob));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
