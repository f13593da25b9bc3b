using System.Buffers;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>Takes an event that is read again.</summary>
internal delegate void EventReader(long number, ReadOnlySpan<byte> data);

/// <summary>
/// The events of one stream, kept to be read again. Chunks of one answer differ in a few bytes, so each is kept as what differs from the
/// one before: a token takes some 15 bytes in place of 250.
/// </summary>
/// <remarks>
/// Not safe for concurrent use; the stream's lock is around it. An event is kept as three numbers of 7 bits per byte (bytes in common with
/// the event before at the front, at the back, and bytes between), and the bytes between.
/// </remarks>
internal sealed class EventLog(StreamMemory memory, int limit) : IDisposable
{
    private const int FirstSegment = 1024;
    private const int NextSegment = 4096;
    private const int LongestHead = 15;

    private readonly Queue<EventSegment> _segments = new(1);
    private EventSegment? _current;
    private byte[] _last = [];
    private int _lastLength;
    private int _held;

    /// <summary>The number of the last event; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>How much memory the events take.</summary>
    public int Bytes => _held + _last.Length;

    /// <summary>The number of the oldest event that is still there.</summary>
    public long First => _segments.TryPeek(out var oldest) ? oldest.First : Last + 1;

    /// <summary>Keeps an event. Its number is one above the last.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        Last++;
        var before = _last.AsSpan(0, _lastLength);
        var prefix = before.CommonPrefixLength(data);
        var suffix = CommonSuffix(before[prefix..], data[prefix..]);
        if (_current is null || _current.Used + LongestHead + data.Length - prefix - suffix > _current.Bytes.Length)
        {
            (prefix, suffix) = (0, 0);
            if (!TryGrow(LongestHead + data.Length))
            {
                _current = null;
                Remember(data, 0, 0);
                return;
            }
        }

        var span = _current!.Bytes.AsSpan(_current.Used);
        var middle = data[prefix..(data.Length - suffix)];
        var at = WriteNumber(span, prefix);
        at += WriteNumber(span[at..], suffix);
        at += WriteNumber(span[at..], middle.Length);
        middle.CopyTo(span[at..]);
        _current.Used += at + middle.Length;
        _current.Count++;
        Remember(data, prefix, suffix);
    }

    /// <summary>Reads the events after a number, in order.</summary>
    public void Read(long after, EventReader visit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(_last.Length, NextSegment));
        foreach (var segment in _segments)
        {
            if (segment.First + segment.Count <= after + 1)
            {
                continue;
            }

            ReadOnlySpan<byte> bytes = segment.Bytes.AsSpan(0, segment.Used);
            var length = 0;
            for (var number = segment.First; !bytes.IsEmpty; number++)
            {
                var prefix = ReadNumber(ref bytes);
                var suffix = ReadNumber(ref bytes);
                var middle = ReadNumber(ref bytes);
                var whole = prefix + middle + suffix;
                if (whole > buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(whole);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                // The back part moves first: the middle may be written over it.
                buffer.AsSpan(length - suffix, suffix).CopyTo(buffer.AsSpan(prefix + middle));
                bytes[..middle].CopyTo(buffer.AsSpan(prefix));
                bytes = bytes[middle..];
                length = whole;
                if (number > after)
                {
                    visit(number, buffer.AsSpan(0, length));
                }
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Writes the events after a number as server-sent events, if wanted with their type as their name.</summary>
    /// <returns>The number of the last one written.</returns>
    public long CopyTo(IBufferWriter<byte> output, long after, bool named = false)
    {
        Read(after, (number, data) => SseFrame.Write(output, number, data, named ? SseFrame.TypeOf(data) : default));
        return Math.Max(after, Last);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_segments.TryDequeue(out var segment))
        {
            Drop(segment);
        }

        (_current, _held) = (null, 0);
        if (_last.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_last);
        }

        (_last, _lastLength) = ([], 0);
    }

    /// <summary>Begins a segment, in place of the oldest ones where the stream or all streams together have no more memory.</summary>
    private bool TryGrow(int needed)
    {
        var size = Math.Max(needed, _segments.Count == 0 ? FirstSegment : NextSegment);
        while (_held + size > limit && _segments.TryDequeue(out var old))
        {
            Drop(old);
        }

        if (_held + size > limit || !memory.TryTake(size))
        {
            // A gap must not look like a whole answer: what is older than the gap goes as well.
            while (_segments.TryDequeue(out var old))
            {
                Drop(old);
            }

            return false;
        }

        _current = new EventSegment(ArrayPool<byte>.Shared.Rent(size), Last);
        _held += _current.Bytes.Length;
        memory.Adjust(_current.Bytes.Length - size);
        _segments.Enqueue(_current);
        return true;
    }

    private void Drop(EventSegment segment)
    {
        _held -= segment.Bytes.Length;
        memory.Adjust(-segment.Bytes.Length);
        ArrayPool<byte>.Shared.Return(segment.Bytes);
    }

    private void Remember(ReadOnlySpan<byte> data, int prefix, int suffix)
    {
        if (data.Length > _last.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(data.Length);
            if (_last.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_last);
            }

            _last = larger;
            (prefix, suffix) = (0, 0);
        }

        var same = data.Length == _lastLength ? suffix : 0;
        data[prefix..(data.Length - same)].CopyTo(_last.AsSpan(prefix));
        _lastLength = data.Length;
    }

    private static int CommonSuffix(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var most = Math.Min(a.Length, b.Length);
        var n = 0;
        while (n < most && a[^(n + 1)] == b[^(n + 1)])
        {
            n++;
        }

        return n;
    }

    private static int WriteNumber(Span<byte> span, int value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        return at;
    }

    private static int ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        var (value, at) = (0, 0);
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[at++];
            value |= (b & 0x7f) << shift;
            if (b < 0x80)
            {
                bytes = bytes[at..];
                return value;
            }
        }
    }
}
