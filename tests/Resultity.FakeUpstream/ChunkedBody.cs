using System.Buffers.Text;

namespace Resultity.FakeUpstream;

/// <summary>A request body in HTTP/1.1's chunked coding (RFC 9112, section 7.1).</summary>
internal static class ChunkedBody
{
    /// <summary>Decodes a body.</summary>
    /// <returns>The bytes that the coded body took; 0 if it is not whole yet, -1 if it is wrong.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, out byte[] body)
    {
        body = [];
        var length = 0;
        var at = 0;
        var parts = new List<Range>();
        while (true)
        {
            var line = bytes[at..].IndexOf("\r\n"u8);
            if (line < 0) return 0;
            if (!Utf8Parser.TryParse(bytes.Slice(at, line), out int size, out _, 'x') || size < 0) return -1;
            at += line + 2;
            if (size == 0) break;
            if (bytes.Length - at < size + 2) return 0;
            parts.Add(at..(at + size));
            length += size;
            at += size + 2;
        }

        // Trailers, up to the empty line that ends them.
        while (true)
        {
            var line = bytes[at..].IndexOf("\r\n"u8);
            if (line < 0) return 0;
            at += line + 2;
            if (line == 0) break;
        }

        body = new byte[length];
        var filled = 0;
        foreach (var part in parts)
        {
            bytes[part].CopyTo(body.AsSpan(filled));
            filled += part.End.Value - part.Start.Value;
        }

        return at;
    }
}
