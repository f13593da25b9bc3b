using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Resultity.Link.Frames;

/// <summary>Headers on the wire: u8 count, then for each u8 name length, name, u16 value length, value (UTF-8).</summary>
internal static class HeaderBlock
{
    public const int MaxName = 64;
    public const int MaxValue = 8192;
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_."u8);
    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), 127]);

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (char)i), (char)127]);

    /// <summary>The bytes that <see cref="Write"/> will need.</summary>
    /// <exception cref="ArgumentException">A header of ours that the other end would refuse.</exception>
    public static int Measure(string? contentType, ReadOnlySpan<LinkHeader> headers)
    {
        if (headers.Length >= LinkProtocol.MaxHeaders)
            throw new ArgumentException($"{headers.Length} headers are more than a block takes.", nameof(headers));
        if (contentType is not null && contentType.AsSpan().ContainsAny(ControlCharacters))
            throw new ArgumentException("The content type contains control characters.", nameof(contentType));
        var size = 1 + (contentType is null ? 0 : 3 + ContentTypeName.Length + Encoding.UTF8.GetByteCount(contentType));
        foreach (ref readonly var header in headers)
        {
            var value = Encoding.UTF8.GetByteCount(header.Value);
            if (header.Name.Length is 0 or > MaxName || value > MaxValue)
                throw new ArgumentException($"The header '{header.Name}' is over its limits.", nameof(headers));
            if (header.Name.AsSpan().ContainsAnyExcept(NameCharacters) || header.Value.AsSpan().ContainsAny(ControlCharacters))
                throw new ArgumentException($"The header '{header.Name}' contains characters that no header may.", nameof(headers));
            size += 3 + header.Name.Length + value;
        }
        return size;
    }

    public static int Write(Span<byte> target, string? contentType, ReadOnlySpan<LinkHeader> headers)
    {
        target[0] = (byte)(headers.Length + (contentType is null ? 0 : 1));
        var at = 1;
        if (contentType is not null)
            at += WriteOne(target[at..], ContentTypeName, contentType);
        foreach (ref readonly var header in headers)
            at += WriteOne(target[at..], header.Name, header.Value);
        return at;
    }

    /// <summary>Reads a block at the start of <paramref name="source"/> and moves it past.</summary>
    /// <exception cref="LinkProtocolException">The block is malformed or over a limit.</exception>
    public static LinkHeader[] Read(ref ReadOnlySpan<byte> source, TextCache cache)
    {
        var count = Take(ref source, 1)[0];
        if (count > LinkProtocol.MaxHeaders)
            throw new LinkProtocolException(LinkErrorCode.TooLarge, $"{count} headers, over the limit of {LinkProtocol.MaxHeaders}");
        // Each header takes at least four bytes, so the array is never larger than what was sent for it.
        if (count * 4 > source.Length)
            throw new LinkProtocolException(LinkErrorCode.Protocol, "a header block that is cut off");
        if (count == 0)
            return [];
        var headers = new LinkHeader[count];
        for (var i = 0; i < count; i++)
        {
            var name = Take(ref source, Take(ref source, 1)[0]);
            if (name.IsEmpty || name.Length > MaxName || name.ContainsAnyExcept(NameBytes))
                throw new LinkProtocolException(LinkErrorCode.Protocol, "a header name that is not a lower-case token");
            var value = Take(ref source, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref source, 2)));
            if (value.Length > MaxValue)
                throw new LinkProtocolException(LinkErrorCode.TooLarge, $"a header value of {value.Length} bytes, over the limit of {MaxValue}");
            if (value.ContainsAny(ControlBytes) || !Utf8.IsValid(value))
                throw new LinkProtocolException(LinkErrorCode.Protocol, "a header value with control characters or invalid UTF-8");
            headers[i] = new LinkHeader(cache.Get(name), cache.Get(value));
        }
        return headers;
    }

    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, int length)
    {
        if (length > source.Length)
            throw new LinkProtocolException(LinkErrorCode.Protocol, "a frame whose fields are longer than the frame");
        var taken = source[..length];
        source = source[length..];
        return taken;
    }

    private const string ContentTypeName = "content-type";

    private static int WriteOne(Span<byte> target, string name, string value)
    {
        target[0] = (byte)name.Length;
        Ascii.FromUtf16(name, target[1..], out _);
        var at = 1 + name.Length;
        var length = Encoding.UTF8.GetBytes(value, target[(at + 2)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)length);
        return at + 2 + length;
    }
}
