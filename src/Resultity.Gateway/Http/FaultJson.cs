using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>A fault in OpenAI's shape: <c>{"error":{"message","type","param","code"}}</c>, all four always present; beside it what explains a wait.</summary>
internal static class FaultJson
{
    /// <summary>The error is data for programs and is served as JSON, so quotes in messages need not be escaped for HTML.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The whole error body.</summary>
    public static byte[] ToBytes(Fault fault)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(buffer, fault);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the whole error body.</summary>
    public static void Write(IBufferWriter<byte> output, Fault fault)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        WriteProperty(writer, fault);
        if (fault.Queue is { } queue)
        {
            QueueJson.WriteProperty(writer, queue);
        }

        LoadingJson.WriteProperty(writer, fault.Loading);

        writer.WriteEndObject();
    }

    /// <summary>Writes the <c>error</c> property into an object that has been started.</summary>
    public static void WriteProperty(Utf8JsonWriter writer, Fault fault)
    {
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, fault.Message);
        writer.WriteString("type"u8, FaultStatus.Of(fault.Kind).Type);
        writer.WriteString("param"u8, fault.Param);
        writer.WriteString("code"u8, fault.Code);
        writer.WriteEndObject();
    }
}
