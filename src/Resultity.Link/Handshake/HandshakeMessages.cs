using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Resultity.Link.Handshake;

/// <summary>The messages before the first frame: u16 length (little-endian), then JSON of at most 4 KiB.</summary>
internal static class HandshakeMessages
{
    public const int MaxLength = 4096;

    public static async ValueTask WriteAsync<T>(Stream stream, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        if (json.Length > MaxLength)
            throw new LinkHandshakeException("too_large", $"A handshake message of {json.Length} bytes is over the limit of {MaxLength}.");
        var bytes = new byte[2 + json.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)json.Length);
        json.CopyTo(bytes, 2);
        await stream.WriteAsync(bytes, cancellationToken);
    }

    /// <exception cref="LinkHandshakeException">Not such a message.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public static async ValueTask<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var length = new byte[2];
        await stream.ReadExactlyAsync(length, cancellationToken);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(length);
        if (count > MaxLength)
            throw new LinkHandshakeException("too_large", $"A handshake message of {count} bytes is over the limit of {MaxLength}.");
        var json = new byte[count];
        await stream.ReadExactlyAsync(json, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new LinkHandshakeException("malformed", "A handshake message is null.");
        }
        catch (JsonException)
        {
            throw new LinkHandshakeException("malformed", $"A handshake message is not a {typeof(T).Name} in JSON.");
        }
    }
}
