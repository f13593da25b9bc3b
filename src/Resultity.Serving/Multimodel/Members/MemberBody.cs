using System.Buffers;
using System.Text.Json;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>The body that one of several models gets: the client's, less what is about the several, with the member's own values.</summary>
internal readonly record struct MemberBody(ReadOnlyMemory<byte> Bytes, ByteRange Model, ByteRange StreamOptions)
{
    /// <summary>Writes the body. Values that the member has no other of stay byte for byte.</summary>
    /// <param name="body">The client's JSON object.</param>
    /// <param name="model">The member's name.</param>
    /// <param name="overrides">The member's own values.</param>
    /// <param name="stream">Whether the member's answer is wanted as events.</param>
    public static MemberBody Write(ReadOnlyMemory<byte> body, string model, MemberOverrides? overrides, bool stream)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 128);
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        output.Write("{\"model\":"u8);
        var start = output.WrittenCount;
        writer.WriteStringValue(model);
        writer.Flush();
        var modelRange = new ByteRange(start, output.WrittenCount - start);
        var streamOptions = default(ByteRange);
        var span = body.Span;
        var reader = new Utf8JsonReader(span);
        reader.Read();
        var system = overrides?.System;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var from = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            reader.Read();
            var valueFrom = (int)reader.TokenStartIndex;
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            if (IsLeftOut(name, overrides, stream))
            {
                continue;
            }

            output.Write(","u8);
            if (name == "messages" && system is not null)
            {
                WriteMessages(output, writer, span[valueFrom..end], system);
                continue;
            }

            if (name == "stream_options")
            {
                streamOptions = new ByteRange(output.WrittenCount + valueFrom - from, end - valueFrom);
            }

            output.Write(span[from..end]);
        }

        foreach (var (name, value) in overrides?.Fields ?? new Dictionary<string, byte[]>())
        {
            output.Write(","u8);
            WriteString(output, writer, name);
            output.Write(":"u8);
            output.Write(value);
        }

        output.Write("}"u8);
        return new MemberBody(output.WrittenMemory, modelRange, streamOptions);
    }

    private static bool IsLeftOut(string name, MemberOverrides? overrides, bool stream) => name switch
    {
        "model" or "models" or "multimodel" => true,
        "stream" or "stream_options" => !stream,

        // Two names of one limit.
        "max_tokens" or "max_completion_tokens" => overrides is not null && (overrides.Fields.ContainsKey("max_tokens") || overrides.Fields.ContainsKey("max_completion_tokens")),
        _ => overrides?.Fields.ContainsKey(name) == true,
    };

    /// <summary>The messages, the first of which becomes the member's system message; the request's own at that place is left out.</summary>
    private static void WriteMessages(ArrayBufferWriter<byte> output, Utf8JsonWriter writer, ReadOnlySpan<byte> messages, string system)
    {
        output.Write("\"messages\":[{\"role\":\"system\",\"content\":"u8);
        WriteString(output, writer, system);
        output.Write("}"u8);
        var reader = new Utf8JsonReader(messages);
        reader.Read();
        var isFirst = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var from = (int)reader.TokenStartIndex;
            var leftOut = isFirst && IsSystem(reader);
            isFirst = false;
            reader.Skip();
            if (!leftOut)
            {
                output.Write(","u8);
                output.Write(messages[from..(int)reader.BytesConsumed]);
            }
        }

        output.Write("]"u8);
    }

    private static bool IsSystem(Utf8JsonReader message)
    {
        while (message.Read() && message.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = message.ValueTextEquals("role"u8);
            message.Read();
            if (isRole)
            {
                return message.ValueTextEquals("system"u8) || message.ValueTextEquals("developer"u8);
            }

            message.Skip();
        }

        return false;
    }

    private static void WriteString(ArrayBufferWriter<byte> output, Utf8JsonWriter writer, string text)
    {
        writer.Reset(output);
        writer.WriteStringValue(text);
        writer.Flush();
    }
}
