using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>One item of a response's output, growing while the model writes it.</summary>
internal abstract class OutputItem(string id, int index)
{
    /// <summary>Its identifier, which also names the response that it belongs to.</summary>
    public string Id { get; } = id;

    /// <summary>Its place in the output.</summary>
    public int Index { get; } = index;

    /// <summary><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</summary>
    public string Status { get; set; } = "in_progress";

    /// <summary>Whose it is, where several models have a part in the response.</summary>
    public OutputMember? Member { get; init; }

    /// <summary>Why the member that wrote it broke off, while others went on.</summary>
    public JsonElement? Error { get; set; }

    /// <summary>Whether nothing more will be added to it.</summary>
    public bool IsClosed => Status != "in_progress";

    /// <summary>Writes the item in the shape of OpenAI's output items.</summary>
    public abstract void Write(Utf8JsonWriter writer);

    /// <summary>Writes what OpenAI's items do not have: whose it is.</summary>
    protected void WriteMember(Utf8JsonWriter writer)
    {
        if (Member is not { } member)
        {
            return;
        }

        writer.WriteString("model"u8, member.Model);
        writer.WriteNumber("member"u8, member.Index);
        if (Error is { } error)
        {
            writer.WritePropertyName("error"u8);
            error.WriteTo(writer);
        }
    }
}

/// <summary>One of the models that have a part in a response.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Index">Its place among them, as in <c>multimodel.members</c>.</param>
internal sealed record OutputMember(string Model, long Index);

/// <summary>An item made of parts: the assistant's message, or its reasoning.</summary>
internal sealed class PartedItem(string id, int index, bool isReasoning) : OutputItem(id, index)
{
    /// <summary>Whether this is reasoning rather than a message.</summary>
    public bool IsReasoning { get; } = isReasoning;

    /// <summary>The parts, oldest first; only the last one may still grow.</summary>
    public List<OutputPart> Parts { get; } = [];

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Id);
        writer.WriteString("type"u8, IsReasoning ? "reasoning"u8 : "message"u8);
        writer.WriteString("status"u8, Status);
        if (IsReasoning)
        {
            // What local models think is their reasoning itself; a summary of it is not made.
            writer.WriteStartArray("summary"u8);
            writer.WriteEndArray();
        }

        writer.WriteStartArray("content"u8);
        foreach (var part in Parts)
        {
            part.Write(writer);
        }

        writer.WriteEndArray();
        if (!IsReasoning)
        {
            writer.WriteString("role"u8, "assistant"u8);
        }

        WriteMember(writer);
        writer.WriteEndObject();
    }
}

/// <summary>A call of a function that the caller is to run.</summary>
internal sealed class FunctionCallItem(string id, int index, string callId, string name) : OutputItem(id, index)
{
    /// <summary>The identifier that the function's output has to name.</summary>
    public string CallId { get; } = callId;

    /// <summary>The function's name.</summary>
    public string Name { get; } = name;

    /// <summary>The arguments so far, as JSON text.</summary>
    public StringBuilder Arguments { get; } = new();

    /// <summary>Whether the arguments are a whole JSON object, so that nothing but white space may follow.</summary>
    public bool HasWholeArguments()
    {
        if (Arguments.Length < 2 || !EndsWithBrace())
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(Arguments.ToString());
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Id);
        writer.WriteString("type"u8, "function_call"u8);
        writer.WriteString("status"u8, Status);
        writer.WriteString("arguments"u8, Arguments.ToString());
        writer.WriteString("call_id"u8, CallId);
        writer.WriteString("name"u8, Name);
        WriteMember(writer);
        writer.WriteEndObject();
    }

    private bool EndsWithBrace()
    {
        for (var i = Arguments.Length - 1; i >= 0; i--)
        {
            if (!char.IsWhiteSpace(Arguments[i]))
            {
                return Arguments[i] == '}';
            }
        }

        return false;
    }
}
