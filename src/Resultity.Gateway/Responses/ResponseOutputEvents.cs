using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Writes the events of a growing output. Writes nothing where nobody listens.</summary>
internal sealed class ResponseOutputEvents(ResponseEventBuffer? events)
{
    /// <summary><c>response.output_item.added</c>.</summary>
    public void ItemAdded(OutputItem item) => Item("response.output_item.added", item);

    /// <summary><c>response.output_item.done</c>.</summary>
    public void ItemDone(OutputItem item) => Item("response.output_item.done", item);

    /// <summary><c>response.content_part.added</c> for the last part.</summary>
    public void PartAdded(PartedItem item) => Part("response.content_part.added", item);

    /// <summary>The delta of a part.</summary>
    public void TextDelta(PartedItem item, OutputPart part, string delta, List<JsonElement> logprobs)
    {
        if (events is null)
        {
            return;
        }

        var writer = BeginPart(part.Kind switch
        {
            OutputPartKind.Text => "response.output_text.delta",
            OutputPartKind.Refusal => "response.refusal.delta",
            _ => "response.reasoning_text.delta",
        }, item);
        writer.WriteString("delta"u8, delta);
        if (part.Kind == OutputPartKind.Text)
        {
            writer.WriteItems("logprobs", logprobs);
        }

        events.End();
    }

    /// <summary>The last part is whole: its <c>.done</c>, then <c>response.content_part.done</c>.</summary>
    public void PartDone(PartedItem item)
    {
        if (events is null)
        {
            return;
        }

        var part = item.Parts[^1];
        var text = part.Text.ToString();
        switch (part.Kind)
        {
            case OutputPartKind.Text:
                var writer = BeginPart("response.output_text.done", item);
                writer.WriteString("text"u8, text);
                writer.WriteItems("logprobs", part.Logprobs);
                break;
            case OutputPartKind.Refusal:
                BeginPart("response.refusal.done", item).WriteString("refusal"u8, text);
                break;
            default:
                BeginPart("response.reasoning_text.done", item).WriteString("text"u8, text);
                break;
        }

        events.End();
        Part("response.content_part.done", item);
    }

    /// <summary><c>response.function_call_arguments.delta</c>.</summary>
    public void ArgumentsDelta(FunctionCallItem item, string delta)
    {
        if (events is not null)
        {
            BeginItem("response.function_call_arguments.delta", item).WriteString("delta"u8, delta);
            events.End();
        }
    }

    /// <summary><c>response.function_call_arguments.done</c>.</summary>
    public void ArgumentsDone(FunctionCallItem item)
    {
        if (events is not null)
        {
            var writer = BeginItem("response.function_call_arguments.done", item);
            writer.WriteString("name"u8, item.Name);
            writer.WriteString("arguments"u8, item.Arguments.ToString());
            events.End();
        }
    }

    private void Item(string type, OutputItem item)
    {
        if (events is null)
        {
            return;
        }

        var writer = events.Begin(type);
        writer.WriteNumber("output_index"u8, item.Index);
        writer.WritePropertyName("item"u8);
        item.Write(writer);
        events.End();
    }

    private void Part(string type, PartedItem item)
    {
        if (events is not null)
        {
            var writer = BeginPart(type, item);
            writer.WritePropertyName("part"u8);
            item.Parts[^1].Write(writer);
            events.End();
        }
    }

    private Utf8JsonWriter BeginPart(string type, PartedItem item)
    {
        var writer = BeginItem(type, item);
        writer.WriteNumber("content_index"u8, item.Parts.Count - 1);
        return writer;
    }

    private Utf8JsonWriter BeginItem(string type, OutputItem item)
    {
        var writer = events!.Begin(type);
        writer.WriteString("item_id"u8, item.Id);
        writer.WriteNumber("output_index"u8, item.Index);
        return writer;
    }
}
