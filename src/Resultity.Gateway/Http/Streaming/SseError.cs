using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>The event that ends a stream which is not whole: an <c>error</c>, and <c>finish_reason: "error"</c>, also in its choice.</summary>
/// <remarks>
/// SDKs that look at <c>error</c> raise it. The .NET SDK does not, but throws at a reason that OpenAI does not publish: here that is wanted,
/// since any published one would let a loop end as if the text were the model's.
/// </remarks>
internal static class SseError
{
    /// <summary>The event's data. Official SDKs raise an exception at its <c>error</c>.</summary>
    public static ReadOnlyMemory<byte> ToChunk(Fault fault, string id, InferenceEndpoint endpoint, string model, long created)
    {
        var buffer = new ArrayBufferWriter<byte>(384);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        var chat = endpoint == InferenceEndpoint.ChatCompletions;
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("object"u8, chat ? "chat.completion.chunk"u8 : "text_completion"u8);
        writer.WriteNumber("created"u8, created);
        writer.WriteString("model"u8, model);
        FaultJson.WriteProperty(writer, fault);
        writer.WriteString("finish_reason"u8, "error"u8);
        writer.WriteStartArray("choices"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, 0);
        if (chat)
        {
            writer.WriteStartObject("delta"u8);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteString("text"u8, ""u8);
        }

        writer.WriteString("finish_reason"u8, "error"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
