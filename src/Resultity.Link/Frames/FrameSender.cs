using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Resultity.Link.Frames;

/// <summary>Collects the frames of many writers in one buffer and sends them with as few writes as possible.</summary>
/// <remarks>
/// Writers append under a short lock; while one write to the transport is under way, everything that comes meanwhile forms the next one:
/// frames that wait are coalesced, none is ever delayed. Memory is bounded by <see cref="LinkOptions.SendHighWater"/> plus one frame per
/// writer, and by <see cref="LinkOptions.SendLimit"/> for frames that may not wait.
/// </remarks>
internal sealed class FrameSender(Stream transport, LinkOptions options) : IThreadPoolWorkItem
{
    private const int SmallBuffer = 16 * 1024;
    private readonly Lock _gate = new();
    private readonly Queue<LinkStream> _waiting = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _fill;
    private int _filled;
    private bool _sending;
    private bool _ending;
    private Exception? _failure;

    /// <summary>Called once, outside any lock, when the transport fails or the buffer passes its limit.</summary>
    public Action<LinkFault>? Failed { get; set; }

    /// <summary>Completes when the last frame has left, or can't any more.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>False when a writer of payload should wait for its turn.</summary>
    public bool HasRoom => Volatile.Read(ref _filled) < options.SendHighWater;

    /// <summary>Puts a stream into the queue of those to wake when there is room; false when there is room already.</summary>
    public bool WaitForRoom(LinkStream stream)
    {
        lock (_gate)
        {
            if (_filled < options.SendHighWater || _ending)
                return false;
            _waiting.Enqueue(stream);
            return true;
        }
    }

    public void Data(uint stream, ReadOnlySpan<byte> payload, bool end)
    {
        lock (_gate)
            payload.CopyTo(Begin(payload.Length, FrameType.Data, end ? FrameFlags.End : FrameFlags.None, stream));
        Send();
    }

    /// <summary>Writes OPEN with as much of the body as fits; returns how much that was.</summary>
    public int Open(uint stream, LinkRequest request)
    {
        var method = Encoding.ASCII.GetByteCount(request.Method);
        var path = Encoding.UTF8.GetByteCount(request.Path);
        var head = 3 + method + path + HeaderBlock.Measure(null, request.Headers.Span);
        if (method is 0 or > 16 || path == 0 || head > LinkProtocol.MaxPayload)
            throw new ArgumentException("Method, path and headers are over what one frame takes.", nameof(request));
        if (request.Path[0] != '/' || request.Path.AsSpan().ContainsAnyInRange('\0', ' '))
            throw new ArgumentException("The path must begin with a slash and hold no spaces or control characters.", nameof(request));
        var body = Math.Min(request.Body.Length, LinkProtocol.MaxPayload - head);
        var end = body == request.Body.Length && !request.Duplex;
        lock (_gate)
        {
            var target = Begin(head + body, FrameType.Open, end ? FrameFlags.End : FrameFlags.None, stream);
            target[0] = (byte)method;
            Encoding.ASCII.GetBytes(request.Method, target[1..]);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(1 + method)..], (ushort)path);
            Encoding.UTF8.GetBytes(request.Path, target[(3 + method)..]);
            HeaderBlock.Write(target[(3 + method + path)..], null, request.Headers.Span);
            request.Body.Span[..body].CopyTo(target[head..]);
        }
        Send();
        return body;
    }

    /// <summary>Writes HEAD with as much of the body as fits; returns how much that was.</summary>
    public int Head(uint stream, int status, string? contentType, ReadOnlySpan<LinkHeader> headers, ReadOnlySpan<byte> body, bool whole)
    {
        var head = 2 + HeaderBlock.Measure(contentType, headers);
        if (head > LinkProtocol.MaxPayload)
            throw new ArgumentException("The headers are over what one frame takes.", nameof(headers));
        var inline = Math.Min(body.Length, LinkProtocol.MaxPayload - head);
        lock (_gate)
        {
            var end = whole && inline == body.Length;
            var target = Begin(head + inline, FrameType.Head, end ? FrameFlags.End : FrameFlags.None, stream);
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)status);
            HeaderBlock.Write(target[2..], contentType, headers);
            body[..inline].CopyTo(target[head..]);
        }
        Send();
        return inline;
    }

    public void End(uint stream, ReadOnlySpan<LinkHeader> trailers)
    {
        var size = HeaderBlock.Measure(null, trailers);
        if (size > LinkProtocol.MaxPayload)
            throw new ArgumentException("The trailers are over what one frame takes.", nameof(trailers));
        lock (_gate)
            HeaderBlock.Write(Begin(size, FrameType.End, FrameFlags.None, stream), null, trailers);
        Send();
    }

    /// <summary>Writes RESET (on a stream) or GOAWAY (on stream 0).</summary>
    public void Stop(FrameType type, uint stream, LinkErrorCode code, string reason)
    {
        Span<byte> text = stackalloc byte[LinkProtocol.MaxReason];
        System.Text.Unicode.Utf8.FromUtf16(reason, text, out _, out var length);
        lock (_gate)
        {
            var target = Begin(2 + length, type, FrameFlags.None, stream);
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)code);
            text[..length].CopyTo(target[2..]);
        }
        Send();
    }

    public void Window(uint stream, int credit)
    {
        lock (_gate)
            BinaryPrimitives.WriteInt32LittleEndian(Begin(4, FrameType.Window, FrameFlags.None, stream), credit);
        Send();
    }

    public void Ping(FrameType type, ulong opaque)
    {
        lock (_gate)
            BinaryPrimitives.WriteUInt64LittleEndian(Begin(8, type, FrameFlags.None, 0), opaque);
        Send();
    }

    /// <summary>Sends what is waiting and then nothing more.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_ending)
                return;
            _ending = true;
        }
        Schedule();
    }

    /// <summary>Sends nothing more, not even what is waiting.</summary>
    public void Abort(Exception failure)
    {
        lock (_gate)
        {
            _ending = true;
            _failure ??= failure;
        }
        Schedule();
    }

    void IThreadPoolWorkItem.Execute() => _ = DrainAsync();

    // Reserves header and payload; the caller fills the returned payload before it leaves the lock. After the end, frames go nowhere.
    private Span<byte> Begin(int length, FrameType type, FrameFlags flags, uint stream)
    {
        var needed = _filled + LinkProtocol.HeaderSize + length;
        if (_fill is null)
            _fill = ArrayPool<byte>.Shared.Rent(Math.Max(needed, SmallBuffer));
        else if (needed > _fill.Length)
            Grow(needed);
        var at = _filled;
        if (!_ending)
            _filled = needed;
        FrameHeader.Write(_fill.AsSpan(at), length, type, flags, stream);
        return _fill.AsSpan(at + LinkProtocol.HeaderSize, length);
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _fill!.Length * 2));
        _fill.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_fill);
        _fill = larger;
    }

    private void Send()
    {
        // Read without the lock: a stale value only costs a schedule, since whoever sends looks again before it stops.
        if (Volatile.Read(ref _filled) > options.SendLimit)
            Fail(new LinkFault(LinkErrorCode.TooLarge, "the peer makes this end answer but does not read the answers", LinkEnded: true));
        else
            Schedule();
    }

    private void Schedule()
    {
        lock (_gate)
        {
            if (_sending)
                return;
            _sending = true;
        }
        // The global queue: work that is ready to run gets its frames in before the write starts.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task DrainAsync()
    {
        try
        {
            while (Take() is { Array: not null } batch)
            {
                await transport.WriteAsync(batch.AsMemory());
                ArrayPool<byte>.Shared.Return(batch.Array);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException
            or System.Net.Sockets.SocketException or System.Net.WebSockets.WebSocketException)
        {
            Abort(e);
            Fail(LinkFault.Lost($"writing to the connection failed: {e.Message}"));
            // Nothing will be sent any more: this wakes whoever waits for room, to find the link gone.
            Take();
        }
    }

    // The next batch, or none: then this run of the sender is over.
    private ArraySegment<byte> Take()
    {
        ArraySegment<byte> batch;
        lock (_gate)
        {
            if (_failure is not null || _filled == 0)
            {
                _sending = false;
                if (_fill is not null)
                    ArrayPool<byte>.Shared.Return(_fill);
                _fill = null;
                _filled = 0;
                if (_ending)
                    _stopped.TrySetResult();
                Wake(int.MaxValue);
                return default;
            }
            batch = new ArraySegment<byte>(_fill!, 0, _filled);
            _fill = null;
            _filled = 0;
            // One chunk for each woken stream: as many as fill the buffer again, in the order they came.
            Wake(Math.Max(1, options.SendHighWater / LinkProtocol.DataChunk));
        }
        return batch;
    }

    private void Wake(int most)
    {
        for (var i = 0; i < most && _waiting.TryDequeue(out var stream); i++)
            stream.WakeWriter();
    }

    private void Fail(LinkFault fault) => Failed?.Invoke(fault);
}
