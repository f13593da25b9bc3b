using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses.Background;

/// <summary>A stored response's object with another status: what a job that left no object of its own has come to.</summary>
internal static class StoredObject
{
    /// <summary>Whether a response with this status never changes again.</summary>
    public static bool IsFinal(string? status) => status is not ("queued" or "in_progress");

    /// <summary>Writes the object anew.</summary>
    public static ReadOnlyMemory<byte> WithStatus(JsonElement response, string status, Fault? fault)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions);
        writer.WriteStartObject();
        foreach (var member in response.EnumerateObject())
        {
            if (member.NameEquals("status"u8))
            {
                writer.WriteString("status"u8, status);
            }
            else if (member.NameEquals("error"u8) && fault is not null)
            {
                ResponseObjectWriter.WriteError(writer, fault);
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenMemory;
    }
}
