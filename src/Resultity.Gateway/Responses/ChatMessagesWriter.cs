using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Writes a conversation's items as chat messages.</summary>
/// <remarks>
/// Items are finer than messages: reasoning, text and calls of one turn are one assistant message.
/// System messages at the beginning become one, because many chat templates know only one, and only there.
/// </remarks>
internal sealed class ChatMessagesWriter(Utf8JsonWriter writer, IReadOnlySet<string> skippedCalls)
{
    private readonly StringBuilder _system = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<JsonElement> _calls = [];
    private bool _atBeginning = true;
    private JsonElement? _assistant;

    /// <summary>Writes all messages.</summary>
    public void Write(JsonElement? instructions, IReadOnlyList<JsonElement> conversation)
    {
        AddSystem(instructions?.GetString());
        foreach (var item in conversation)
        {
            switch (item.Text("type"))
            {
                case "message":
                    WriteMessage(item);
                    break;
                case "reasoning":
                    AddReasoning(item);
                    break;
                case "function_call" when !skippedCalls.Contains(item.Text("call_id") ?? ""):
                    EndSystem();
                    _calls.Add(item);
                    break;
                case "function_call_output":
                    EndTurn();
                    WriteToolMessage(item);
                    break;
            }
        }

        EndTurn();
    }

    private void WriteMessage(JsonElement item)
    {
        var role = item.Text("role");
        if (role is "system" or "developer")
        {
            if (_atBeginning)
            {
                AddSystem(ChatContentWriter.TextOf(item.Member("content")));
                return;
            }

            // Templates of open models know no developer.
            role = "system";
        }

        if (role == "assistant")
        {
            EndSystem();
            if (_assistant is not null || _calls.Count > 0)
            {
                EndTurn();
            }

            _assistant = item;
            return;
        }

        EndTurn();
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        ChatContentWriter.Write(writer, item.Member("content"));
        writer.WriteEndObject();
    }

    private void WriteToolMessage(JsonElement item)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        writer.WriteString("tool_call_id"u8, item.Text("call_id"));
        ChatContentWriter.Write(writer, item.Member("output"));
        writer.WriteEndObject();
    }

    private void AddSystem(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            _system.Append(_system.Length > 0 ? "\n\n" : "").Append(text);
        }
    }

    private void AddReasoning(JsonElement item)
    {
        if (_assistant is not null || _calls.Count > 0)
        {
            EndTurn();
        }

        EndSystem();
        var text = ChatContentWriter.TextOf(item.Member("content"));
        _reasoning.Append(text.Length > 0 ? text : ChatContentWriter.TextOf(item.Member("summary")));
    }

    private void EndSystem()
    {
        if (_atBeginning && _system.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, "system"u8);
            writer.WriteString("content"u8, _system.ToString());
            writer.WriteEndObject();
        }

        _atBeginning = false;
    }

    private void EndTurn()
    {
        EndSystem();
        if (_assistant is null && _calls.Count == 0)
        {
            // Thoughts that led to no answer are no message.
            _reasoning.Clear();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        var text = ChatContentWriter.TextOf(_assistant?.Member("content"));
        var refusal = ChatContentWriter.RefusalOf(_assistant?.Member("content"));
        if (_assistant is null || (text.Length == 0 && refusal.Length > 0))
        {
            writer.WriteNull("content"u8);
        }
        else
        {
            writer.WriteString("content"u8, text);
        }

        if (refusal.Length > 0)
        {
            writer.WriteString("refusal"u8, refusal);
        }

        if (_reasoning.Length > 0)
        {
            writer.WriteString("reasoning_content"u8, _reasoning.ToString());
        }

        WriteCalls();
        writer.WriteEndObject();
        _assistant = null;
        _reasoning.Clear();
        _calls.Clear();
    }

    private void WriteCalls()
    {
        if (_calls.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in _calls)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, call.Text("call_id"));
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, call.Text("name"));
            writer.WriteString("arguments"u8, call.Text("arguments"));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
