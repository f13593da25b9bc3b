using System.Buffers.Text;
using System.Text;

namespace Resultity.FakeUpstream;

/// <summary>The parts of an HTTP/1.1 request's head that this server acts on. It borrows the bytes it was read from.</summary>
internal ref struct RequestHead
{
    public ReadOnlySpan<byte> Method;
    public ReadOnlySpan<byte> Target;
    public ReadOnlySpan<byte> Authorization;
    public int Length;
    public long BodyLength;
    public bool Chunked;
    public bool Close;

    /// <summary>Reads a head; false if it is not whole yet. A head that is not HTTP has no <see cref="Method"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RequestHead head)
    {
        head = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        head.Length = end + 4;
        var rest = bytes[..(end + 2)];
        var line = NextLine(ref rest);
        var first = line.IndexOf((byte)' ');
        var second = line.LastIndexOf((byte)' ');
        if (first <= 0 || second <= first || !line[(second + 1)..].StartsWith("HTTP/1."u8)) return true;
        head.Method = line[..first];
        head.Target = line[(first + 1)..second];
        head.Close = line[^1] == '0';
        while (!rest.IsEmpty)
        {
            line = NextLine(ref rest);
            // Only these lengths of a name matter; most headers are passed over by their length alone.
            switch (line.IndexOf((byte)':'))
            {
                case 14 when Is(line, "content-length"u8):
                    if (!Utf8Parser.TryParse(Value(line, 14), out head.BodyLength, out _) || head.BodyLength < 0) head.Method = default;
                    break;
                case 17 when Is(line, "transfer-encoding"u8):
                    head.Chunked = true;
                    break;
                case 10 when Is(line, "connection"u8):
                    head.Close |= Ascii.EqualsIgnoreCase(Value(line, 10), "close"u8);
                    break;
                case 13 when Is(line, "authorization"u8):
                    head.Authorization = Value(line, 13);
                    break;
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> NextLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var line = rest[..end];
        rest = rest[(end + 2)..];
        return line;
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(line[..name.Length], name);

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int colon) => line[(colon + 1)..].Trim((byte)' ');
}
