using System.Text;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Generating;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>One whole choice of a chat completion.</summary>
internal sealed class ChatChoice
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Name, StringBuilder Arguments)> _calls = [];

    public required string FinishReason { get; init; }
    public required IReadOnlyList<LogprobEntry>? Logprobs { get; init; }

    public static async Task<ChatChoice> CollectAsync(ChoiceRun run, bool logprobs, CancellationToken cancellation)
    {
        var parts = new List<AnswerPart>();
        while (await run.NextAsync(parts, cancellation)) { }
        var choice = new ChatChoice { FinishReason = run.FinishReason!, Logprobs = logprobs ? run.Logprobs : null };
        foreach (var part in parts) choice.Add(part);
        return choice;
    }

    public void Write(Utf8JsonWriter json, int index, TimeProvider time)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (_calls.Count > 0 && _text.Length == 0) json.WriteNull("content"u8);
        else json.WriteString("content"u8, _text.ToString());
        json.WriteNull("refusal"u8);
        if (_calls.Count > 0) WriteCalls(json, time);
        json.WriteEndObject();
        ChatLogprobs.Write(json, Logprobs);
        json.WriteString("finish_reason"u8, FinishReason);
        json.WriteEndObject();
    }

    private void WriteCalls(Utf8JsonWriter json, TimeProvider time)
    {
        json.WriteStartArray("tool_calls"u8);
        foreach (var (name, arguments) in _calls)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, Id.New("call_", time));
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, name);
            json.WriteString("arguments"u8, arguments.ToString());
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void Add(AnswerPart part)
    {
        switch (part.Kind)
        {
            case AnswerPartKind.Text: _text.Append(part.Text); break;
            case AnswerPartKind.CallStart: _calls.Add((part.Text, new StringBuilder())); break;
            default: _calls[^1].Arguments.Append(part.Text); break;
        }
    }
}
