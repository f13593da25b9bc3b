using Resultity.Node.Runtimes.Onnx.Generating;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Writes the events of one streamed choice of a text completion.</summary>
internal sealed class CompletionChunks(AnswerHeader header, int choice, bool logprobs, bool usage)
{
    private int _offset;

    public void Write(AnswerBuffer buffer, string text, List<LogprobEntry>? entries, string? finishReason)
    {
        buffer.BeginEvent();
        var json = buffer.Json;
        json.WriteStartObject();
        header.Write(json);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteNumber("index"u8, choice);
        CompletionLogprobs.Write(json, logprobs ? entries ?? [] : null, ref _offset);
        json.WriteString("finish_reason"u8, finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        if (usage) json.WriteNull("usage"u8);
        json.WriteEndObject();
        buffer.EndEvent();
        entries?.Clear();
    }
}
