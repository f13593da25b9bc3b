using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>Makes the events of one member those of the common stream: choices numbered through and marked with the model, one identity.</summary>
/// <remarks>One pass over the bytes; what stays is copied as it is.</remarks>
internal sealed class MemberChunk(string requestId, long created, InferenceEndpoint endpoint)
{
    private readonly byte[] _id = JsonString(requestId);
    private readonly byte[] _created = Encoding.ASCII.GetBytes(created.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Writes an event of a member.</summary>
    /// <param name="chunk">The event as it came.</param>
    /// <param name="model">The member's model, as JSON.</param>
    /// <param name="member">The member's place.</param>
    /// <param name="offset">The number of its first choice.</param>
    /// <param name="output">Where it goes.</param>
    public void Write(ReadOnlySpan<byte> chunk, ReadOnlySpan<byte> model, int member, int offset, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(chunk);
        var from = 0;
        var hasChoices = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                Replace(ref reader, chunk, ref from, _id, output);
            }
            else if (reader.ValueTextEquals("created"u8))
            {
                Replace(ref reader, chunk, ref from, _created, output);
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                Replace(ref reader, chunk, ref from, model, output);
            }
            else if (reader.ValueTextEquals("choices"u8))
            {
                hasChoices = true;
                reader.Read();
                WriteChoices(ref reader, chunk, ref from, model, offset, output);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (!hasChoices)
        {
            // Behind everything else: readers find the kind of such events at their beginning.
            output.Write(chunk[from..chunk.LastIndexOf((byte)'}')]);
            output.Write(",\"member\":"u8);
            WriteNumber(member, output);
            output.Write(",\"model\":"u8);
            output.Write(model);
            output.Write("}"u8);
            return;
        }

        output.Write(chunk[from..]);
    }

    /// <summary>Writes that a member has failed, in place of what it would still have said.</summary>
    public byte[] Failure(Member member, int offset)
    {
        // Cut off is what the published contract can say of it; SDKs with a closed list of reasons fail at any other word.
        var choice = new JsonObject { ["index"] = offset, ["model"] = member.Model, ["finish_reason"] = "length", ["error"] = MultimodelJson.Error(member.Fault!) };
        var chat = endpoint == InferenceEndpoint.ChatCompletions;
        choice[chat ? "delta" : "text"] = chat ? new JsonObject() : "";
        return WholeAnswer.ToBytes(new JsonObject
        {
            ["id"] = requestId,
            ["object"] = chat ? "chat.completion.chunk" : "text_completion",
            ["created"] = created,
            ["model"] = member.Model,
            ["choices"] = new JsonArray(choice),
        });
    }

    /// <summary>A text as JSON.</summary>
    public static byte[] JsonString(string text) => WholeAnswer.ToBytes(JsonValue.Create(text));

    private static void WriteChoices(ref Utf8JsonReader reader, ReadOnlySpan<byte> chunk, ref int from, ReadOnlySpan<byte> model, int offset, IBufferWriter<byte> output)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var start = (int)reader.BytesConsumed;
            output.Write(chunk[from..start]);
            output.Write("\"model\":"u8);
            output.Write(model);
            from = start;
            var isEmpty = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (isEmpty)
                {
                    output.Write(","u8);
                    isEmpty = false;
                }

                var isIndex = reader.ValueTextEquals("index"u8);
                reader.Read();
                if (isIndex && offset > 0 && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index))
                {
                    output.Write(chunk[from..(int)reader.TokenStartIndex]);
                    WriteNumber(index + offset, output);
                    from = (int)reader.BytesConsumed;
                }

                reader.Skip();
            }
        }
    }

    private static void Replace(ref Utf8JsonReader reader, ReadOnlySpan<byte> chunk, ref int from, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        output.Write(chunk[from..start]);
        output.Write(value);
        from = (int)reader.BytesConsumed;
    }

    private static void WriteNumber(int number, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(12);
        Utf8Formatter.TryFormat(number, span, out var written);
        output.Advance(written);
    }
}
