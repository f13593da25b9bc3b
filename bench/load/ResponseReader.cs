using System.Buffers.Text;
using System.Text;

namespace Resultity.Load;

/// <summary>Reads HTTP/1.1 responses as their bytes arrive, whatever their borders.</summary>
internal sealed class ResponseReader
{
    private enum Part
    {
        Head,
        ChunkSize,
        ChunkBytes,
        ChunkEnd,
        Trailer,
        Counted,
        UntilClose,
        Whole,
    }

    private const int MostHead = 64 << 10;

    private byte[] _line = new byte[256];
    private int _lineLength;
    private Part _part;
    private long _left;

    public int Status { get; private set; }

    /// <summary>Whether the response says when to try again.</summary>
    public bool RetryAfter { get; private set; }

    /// <summary>Whether the connection ends with this response.</summary>
    public bool Close { get; private set; }

    /// <summary>Whether the response ended.</summary>
    public bool Whole => _part == Part.Whole;

    /// <summary>Whether a byte of the response came.</summary>
    public bool Begun => _part != Part.Head || _lineLength > 0;

    /// <summary>Whether the peer's closing of the connection is the response's proper end.</summary>
    public bool EndsWithConnection => _part == Part.UntilClose;

    public void Reset()
    {
        _part = Part.Head;
        _lineLength = 0;
        _left = 0;
        Status = 0;
        RetryAfter = Close = false;
    }

    /// <summary>Reads on. Bytes of the body go to <paramref name="body"/>, in order and without the framing.</summary>
    /// <exception cref="InvalidDataException">This is no HTTP response.</exception>
    public void Read(ReadOnlySpan<byte> bytes, Action<ReadOnlySpan<byte>> body)
    {
        while (bytes.Length > 0 && _part != Part.Whole)
        {
            switch (_part)
            {
                case Part.Head:
                    if (TakeLines(ref bytes, "\r\n\r\n"u8) is { IsEmpty: false } head) ReadHead(head);
                    break;
                case Part.ChunkSize:
                    if (TakeLines(ref bytes, "\r\n"u8) is { IsEmpty: false } size)
                    {
                        if (!Utf8Parser.TryParse(size, out _left, out _, 'x')) throw new InvalidDataException("a chunk without a size");
                        _part = _left == 0 ? Part.Trailer : Part.ChunkBytes;
                    }

                    break;
                case Part.ChunkEnd:
                    if (!TakeLines(ref bytes, "\r\n"u8).IsEmpty) _part = Part.ChunkSize;
                    break;
                case Part.Trailer:
                    if (TakeLines(ref bytes, "\r\n"u8) is { IsEmpty: false } trailer && trailer.Length == 2) _part = Part.Whole;
                    break;
                default:
                    var taken = _part == Part.UntilClose ? bytes.Length : (int)Math.Min(_left, bytes.Length);
                    body(bytes[..taken]);
                    bytes = bytes[taken..];
                    _left -= taken;
                    if (_left == 0 && _part == Part.Counted) _part = Part.Whole;
                    if (_left == 0 && _part == Part.ChunkBytes) _part = Part.ChunkEnd;
                    break;
            }
        }
    }

    /// <summary>The bytes up to and with the end mark; empty, and all taken, when the mark has not come.</summary>
    private ReadOnlySpan<byte> TakeLines(ref ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark)
    {
        if (_lineLength == 0)
        {
            var end = bytes.IndexOf(mark);
            if (end >= 0)
            {
                var lines = bytes[..(end + mark.Length)];
                bytes = bytes[lines.Length..];
                return lines;
            }
        }

        // The mark may lie across the border: look again from just before it.
        var known = _lineLength;
        if (known + bytes.Length > _line.Length) Array.Resize(ref _line, (known + bytes.Length) * 2);
        bytes.CopyTo(_line.AsSpan(known));
        var from = Math.Max(0, known - mark.Length + 1);
        var found = _line.AsSpan(from, known + bytes.Length - from).IndexOf(mark);
        if (found < 0)
        {
            _lineLength = known + bytes.Length;
            if (_lineLength > MostHead) throw new InvalidDataException("a head of more than 64 KiB");
            bytes = default;
            return default;
        }

        var length = from + found + mark.Length;
        bytes = bytes[(length - known)..];
        _lineLength = 0;
        return _line.AsSpan(0, length);
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8) || head.Length < 12 || !Utf8Parser.TryParse(head[9..], out int status, out _)) throw new InvalidDataException("no HTTP response");
        if (status is >= 100 and < 200) return;
        Status = status;
        _part = Part.UntilClose;
        for (var rest = head[(head.IndexOf((byte)'\n') + 1)..]; rest.Length > 2; rest = rest[(rest.IndexOf((byte)'\n') + 1)..])
        {
            var line = rest[..rest.IndexOf((byte)'\r')];
            switch (line.IndexOf((byte)':'))
            {
                case 14 when Is(line, "content-length"u8):
                    if (!Utf8Parser.TryParse(line[15..].Trim((byte)' '), out _left, out _)) throw new InvalidDataException("a wrong length");
                    if (_part == Part.UntilClose) _part = _left == 0 ? Part.Whole : Part.Counted;
                    break;
                case 17 when Is(line, "transfer-encoding"u8):
                    _part = Part.ChunkSize;
                    break;
                case 10 when Is(line, "connection"u8):
                    Close = Ascii.EqualsIgnoreCase(line[11..].Trim((byte)' '), "close"u8);
                    break;
                case 11 when Is(line, "retry-after"u8):
                    RetryAfter = true;
                    break;
            }
        }
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
