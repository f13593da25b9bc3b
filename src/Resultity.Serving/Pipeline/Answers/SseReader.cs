using System.Buffers;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>Cuts a stream of bytes into the <c>data</c> of server-sent events, without copying events that arrive whole.</summary>
/// <remarks>
/// Follows the WHATWG's event stream format as far as inference servers use it: LF, CRLF or CR line ends, comments, several <c>data</c> lines
/// of one event joined by LF; other fields are skipped. An event longer than the limit makes <see cref="IsBroken"/> true.
/// </remarks>
internal sealed class SseReader(int maxEventBytes) : IDisposable
{
    private byte[]? _carry;
    private int _carried;
    private ReadOnlyMemory<byte> _input;

    /// <summary>An event was longer than the limit; nothing more will be read.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Adds bytes. What is left of earlier bytes is kept aside, so the memory of earlier calls may be reused from now on.</summary>
    public void Feed(ReadOnlyMemory<byte> bytes)
    {
        if (_input.IsEmpty)
        {
            _input = bytes;
            return;
        }

        var length = _input.Length + bytes.Length;
        if (length > maxEventBytes + bytes.Length)
        {
            IsBroken = true;
            return;
        }

        var joined = ArrayPool<byte>.Shared.Rent(length);
        _input.Span.CopyTo(joined);
        bytes.Span.CopyTo(joined.AsSpan(_input.Length));
        Return();
        _carry = joined;
        _carried = length;
        _input = joined.AsMemory(0, length);
    }

    /// <summary>Sets the unread rest aside before the memory that was fed is reused.</summary>
    public void Detach()
    {
        if (_input.IsEmpty)
        {
            Return();
            _input = default;
        }
        else if (_carry is null || !IsInCarry())
        {
            var copy = ArrayPool<byte>.Shared.Rent(_input.Length);
            _input.Span.CopyTo(copy);
            var length = _input.Length;
            Return();
            _carry = copy;
            _carried = length;
            _input = copy.AsMemory(0, length);
        }
    }

    /// <summary>Takes the next whole event's data. Valid until the next <see cref="Feed"/> or <see cref="Detach"/>.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> data)
    {
        while (TryCutBlock(out var block))
        {
            if (TryGetData(block, out data))
            {
                return true;
            }
        }

        data = default;
        return false;
    }

    public void Dispose()
    {
        _input = default;
        Return();
    }

    private bool TryCutBlock(out ReadOnlyMemory<byte> block)
    {
        var span = _input.Span;
        var from = 0;
        while (true)
        {
            var at = span[from..].IndexOfAny((byte)'\n', (byte)'\r');
            if (at < 0)
            {
                break;
            }

            at += from;
            var next = at + 1;
            if (span[at] == '\r')
            {
                if (next == span.Length)
                {
                    break;
                }

                next += span[next] == '\n' ? 1 : 0;
            }

            // An empty line ends the block.
            if (at == from && from >= 0)
            {
                block = _input[..from];
                _input = _input[next..];
                return true;
            }

            from = next;
        }

        block = default;
        return false;
    }

    private static bool TryGetData(ReadOnlyMemory<byte> block, out ReadOnlyMemory<byte> data)
    {
        data = default;
        byte[]? joined = null;
        var found = false;
        var span = block.Span;
        for (var from = 0; from < span.Length;)
        {
            var length = span[from..].IndexOfAny((byte)'\n', (byte)'\r');
            length = length < 0 ? span.Length - from : length;
            var line = span.Slice(from, length);
            if (line.StartsWith("data:"u8))
            {
                var skip = line.Length > 5 && line[5] == ' ' ? 6 : 5;
                var value = block.Slice(from + skip, length - skip);
                if (found)
                {
                    joined = [.. data.Span, (byte)'\n', .. value.Span];
                    data = joined;
                }
                else
                {
                    data = value;
                    found = true;
                }
            }

            from += length + 1;
        }

        return found;
    }

    private bool IsInCarry() => _input.Span.Overlaps(_carry.AsSpan(0, _carried));

    private void Return()
    {
        if (_carry is not null)
        {
            ArrayPool<byte>.Shared.Return(_carry);
            _carry = null;
        }
    }
}
