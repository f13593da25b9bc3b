using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Resultity.Gateway.Tests.Fleet.Support;

/// <summary>Handshake messages by hand: u16 length, then JSON.</summary>
internal static class Raw
{
    public static async Task<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type)
    {
        var length = new byte[2];
        await stream.ReadExactlyAsync(length);
        var json = new byte[BinaryPrimitives.ReadUInt16LittleEndian(length)];
        await stream.ReadExactlyAsync(json);
        return JsonSerializer.Deserialize(json, type)!;
    }

    public static async Task WriteAsync<T>(Stream stream, T message, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        var bytes = new byte[2 + json.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)json.Length);
        json.CopyTo(bytes, 2);
        await stream.WriteAsync(bytes);
    }
}
