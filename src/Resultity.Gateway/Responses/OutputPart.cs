using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>What a part of an item holds.</summary>
internal enum OutputPartKind
{
    /// <summary>The answer's text.</summary>
    Text,

    /// <summary>The model's words of refusal.</summary>
    Refusal,

    /// <summary>What the model thought before it answered.</summary>
    Reasoning,
}

/// <summary>One part of a message or of reasoning.</summary>
internal sealed class OutputPart(OutputPartKind kind)
{
    /// <summary>What it holds.</summary>
    public OutputPartKind Kind { get; } = kind;

    /// <summary>The text so far.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>The tokens' log probabilities, in the shape that chat and responses share; empty unless they were asked for.</summary>
    public List<JsonElement> Logprobs { get; } = [];

    /// <summary>Writes the part in the shape of OpenAI's content parts.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        switch (Kind)
        {
            case OutputPartKind.Text:
                writer.WriteString("type"u8, "output_text"u8);
                writer.WriteStartArray("annotations"u8);
                writer.WriteEndArray();
                writer.WriteItems("logprobs", Logprobs);
                writer.WriteString("text"u8, Text.ToString());
                break;
            case OutputPartKind.Refusal:
                writer.WriteString("type"u8, "refusal"u8);
                writer.WriteString("refusal"u8, Text.ToString());
                break;
            default:
                writer.WriteString("type"u8, "reasoning_text"u8);
                writer.WriteString("text"u8, Text.ToString());
                break;
        }

        writer.WriteEndObject();
    }
}
