using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Generating;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Writes the events of one streamed choice.</summary>
internal sealed class ChatChunks(AnswerHeader header, int choice, bool logprobs, bool usage, TimeProvider time)
{
    private bool _begun;
    private int _call = -1;

    /// <summary>Writes a piece of the answer; the first one is preceded by the role.</summary>
    public void Write(AnswerBuffer buffer, AnswerPart part, List<LogprobEntry> entries)
    {
        Begin(buffer, part.Kind == AnswerPartKind.Text);
        if (part.Kind == AnswerPartKind.CallStart) _call++;
        WriteChunk(buffer, json => WriteDelta(json, part), part.Kind == AnswerPartKind.Text && logprobs ? entries : null, null);
        if (part.Kind == AnswerPartKind.Text) entries.Clear();
    }

    /// <summary>Writes the last chunk, with log-probabilities that no text was left for.</summary>
    public void End(AnswerBuffer buffer, string finishReason, List<LogprobEntry> entries)
    {
        Begin(buffer, text: true);
        WriteChunk(buffer, static _ => { }, logprobs && entries.Count > 0 && _call < 0 ? entries : null, finishReason);
    }

    /// <summary>Writes the chunk that carries the usage and no choice.</summary>
    public static void WriteUsage(AnswerBuffer buffer, AnswerHeader header, TokenCounts counts)
    {
        buffer.BeginEvent();
        var json = buffer.Json;
        json.WriteStartObject();
        header.Write(json);
        json.WriteStartArray("choices"u8);
        json.WriteEndArray();
        counts.Write(json);
        json.WriteEndObject();
        buffer.EndEvent();
    }

    private void Begin(AnswerBuffer buffer, bool text)
    {
        if (_begun) return;
        _begun = true;
        WriteChunk(buffer, json =>
        {
            json.WriteString("role"u8, "assistant"u8);
            if (text) json.WriteString("content"u8, ""u8);
            else json.WriteNull("content"u8);
            json.WriteNull("refusal"u8);
        }, null, null);
    }

    private void WriteChunk(AnswerBuffer buffer, Action<Utf8JsonWriter> delta, List<LogprobEntry>? entries, string? finishReason)
    {
        buffer.BeginEvent();
        var json = buffer.Json;
        json.WriteStartObject();
        header.Write(json);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, choice);
        json.WriteStartObject("delta"u8);
        delta(json);
        json.WriteEndObject();
        ChatLogprobs.Write(json, entries);
        json.WriteString("finish_reason"u8, finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        if (usage) json.WriteNull("usage"u8);
        json.WriteEndObject();
        buffer.EndEvent();
    }

    private void WriteDelta(Utf8JsonWriter json, AnswerPart part)
    {
        if (part.Kind == AnswerPartKind.Text)
        {
            json.WriteString("content"u8, part.Text);
            return;
        }
        json.WriteStartArray("tool_calls"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, _call);
        if (part.Kind == AnswerPartKind.CallStart)
        {
            json.WriteString("id"u8, Id.New("call_", time));
            json.WriteString("type"u8, "function"u8);
        }
        json.WriteStartObject("function"u8);
        if (part.Kind == AnswerPartKind.CallStart) json.WriteString("name"u8, part.Text);
        json.WriteString("arguments"u8, part.Kind == AnswerPartKind.CallStart ? "" : part.Text);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
