using System.Buffers;
using System.Text.Json;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http;

/// <summary>A page of a list in OpenAI's shape.</summary>
internal static class ListJson
{
    /// <summary>Writes a page.</summary>
    /// <param name="page">The items.</param>
    /// <param name="idOf">An item's identifier.</param>
    /// <param name="write">Writes one item as an object.</param>
    public static ReadOnlyMemory<byte> Write<T>(Page<T> page, Func<T, string> idOf, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var item in page.Items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
        writer.WriteString("first_id"u8, page.Items.Count > 0 ? idOf(page.Items[0]) : null);
        writer.WriteString("last_id"u8, page.Items.Count > 0 ? idOf(page.Items[^1]) : null);
        writer.WriteBoolean("has_more"u8, page.HasMore);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>One object.</summary>
    public static ReadOnlyMemory<byte> One<T>(T item, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        write(writer, item);
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
