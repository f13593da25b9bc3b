using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Resultity.Link.Frames;

namespace Resultity.Link;

// The loop that reads frames and hands them to their streams.
public sealed partial class LinkConnection
{
    private const int ReceiveBuffer = 2 * (LinkProtocol.HeaderSize + LinkProtocol.MaxPayload);
    private readonly TextCache _texts = new();
    private bool _peerClosed;

    private async Task<LinkFault> ReceiveAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBuffer);
        int start = 0, end = 0;
        try
        {
            while (!_peerClosed)
            {
                var count = await _transport.ReadAsync(buffer.AsMemory(end), _stop.Token);
                if (count == 0)
                    return LinkFault.Lost("the peer closed the connection");
                Heard();
                end += count;
                start += ConsumeOrClose(buffer.AsSpan(start, end - start));
                if (start == end)
                    start = end = 0;
                else if (buffer.Length - start < LinkProtocol.HeaderSize + LinkProtocol.MaxPayload)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }
            }
            return _ended!;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException
            or System.Net.Sockets.SocketException or System.Net.WebSockets.WebSocketException)
        {
            return LinkFault.Lost($"reading from the connection failed: {e.Message}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int ConsumeOrClose(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!Ended)
                return Consume(bytes);
        }
        catch (LinkProtocolException e)
        {
            Close(e.Code, $"protocol error: {e.Message}");
        }
        return bytes.Length;
    }

    // Handles the whole frames at the start of the bytes; returns how many bytes those were.
    private int Consume(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes.Length - at >= LinkProtocol.HeaderSize && !Ended)
        {
            var header = FrameHeader.Read(bytes[at..]);
            header.Validate();
            if (bytes.Length - at - LinkProtocol.HeaderSize < header.Length)
                break;
            Handle(header, bytes.Slice(at + LinkProtocol.HeaderSize, header.Length));
            at += LinkProtocol.HeaderSize + header.Length;
        }
        return at;
    }

    private void Handle(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var end = (header.Flags & FrameFlags.End) != 0;
        switch (header.Type)
        {
            case FrameType.Open:
                HandleOpen(header.Stream, payload, end);
                break;
            case FrameType.Head:
                HandleHead(header.Stream, payload, end);
                break;
            case FrameType.Data:
                HandleBody(header.Stream, payload, end, default);
                break;
            case FrameType.End:
                HandleBody(header.Stream, default, true, HeaderBlock.Read(ref payload, _texts));
                break;
            case FrameType.Reset:
                if (Find(header.Stream) is { } reset)
                {
                    reset.Fail(ReadReason(payload, linkEnded: false));
                    Remove(reset);
                }
                break;
            case FrameType.Window:
                Find(header.Stream)?.AddCredit(BinaryPrimitives.ReadInt32LittleEndian(payload));
                break;
            case FrameType.Ping:
                Sender.Ping(FrameType.Pong, BinaryPrimitives.ReadUInt64LittleEndian(payload));
                break;
            case FrameType.Pong:
                Measure(BinaryPrimitives.ReadInt64LittleEndian(payload));
                break;
            case FrameType.GoAway:
                HandleGoAway(ReadReason(payload, linkEnded: true));
                break;
        }
    }

    private void HandleOpen(uint id, ReadOnlySpan<byte> payload, bool end)
    {
        if (IsOurs(id))
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"stream {id} opened by the wrong end");
        var method = HeaderBlock.Take(ref payload, HeaderBlock.Take(ref payload, 1)[0]);
        if (method.IsEmpty || method.Length > 16 || method.ContainsAnyExceptInRange((byte)'A', (byte)'Z'))
            throw new LinkProtocolException(LinkErrorCode.Protocol, "a method that is not one");
        var path = HeaderBlock.Take(ref payload, BinaryPrimitives.ReadUInt16LittleEndian(HeaderBlock.Take(ref payload, 2)));
        if (path.IsEmpty || path[0] != '/' || path.ContainsAnyInRange((byte)0, (byte)' ') || !Utf8.IsValid(path))
            throw new LinkProtocolException(LinkErrorCode.Protocol, "a path that is not one");
        var headers = HeaderBlock.Read(ref payload, _texts);
        if (_handler is null)
        {
            Sender.Stop(FrameType.Reset, id, LinkErrorCode.Refused, "nothing is served here");
            return;
        }
        var incoming = new LinkIncoming(this, _handler, _texts.Get(method), _texts.Get(path), headers) { Id = id };
        if (Accept(incoming) is { } refusal)
        {
            Sender.Stop(FrameType.Reset, id, refusal.Code, refusal.Message);
            return;
        }
        incoming.Receive(payload, end);
        ThreadPool.UnsafeQueueUserWorkItem(incoming, preferLocal: false);
    }

    private void HandleHead(uint id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!IsOurs(id))
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"an answer on stream {id} by its opener");
        var status = BinaryPrimitives.ReadUInt16LittleEndian(payload);
        payload = payload[2..];
        if (status is < 100 or > 999)
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a status of {status}");
        var headers = HeaderBlock.Read(ref payload, _texts);
        // A stream that is not known was given up here while this was under way.
        if (Find(id) is not LinkExchange exchange)
            return;
        if (!exchange.ReceiveHead(status, headers, payload, end))
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a second answer on stream {id}");
        if (end)
            RemoveIfDone(exchange);
    }

    private void HandleBody(uint id, ReadOnlySpan<byte> payload, bool end, ReadOnlyMemory<LinkHeader> trailers)
    {
        if (Find(id) is not { } stream)
            return;
        if (stream is LinkExchange { Status: 0 })
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a body on stream {id} before its head");
        if (!stream.Receive(payload, end, trailers))
            throw new LinkProtocolException(LinkErrorCode.FlowControl, $"more on stream {id} than was granted, or more after its end");
        if (end)
            RemoveIfDone(stream);
    }

    private void HandleGoAway(LinkFault reason)
    {
        if (reason.Code == LinkErrorCode.Draining)
        {
            lock (_tableGate)
                _peerDraining = true;
            PeerDraining?.Invoke(this);
        }
        else
        {
            _peerClosed = true;
            End(reason);
        }
    }

    private void RemoveIfDone(LinkStream stream)
    {
        if (stream.Done)
            Remove(stream);
    }

    private static LinkFault ReadReason(ReadOnlySpan<byte> payload, bool linkEnded)
    {
        var code = (LinkErrorCode)BinaryPrimitives.ReadUInt16LittleEndian(payload);
        var text = Encoding.UTF8.GetString(payload[2..]);
        // The text comes from the other end and goes to logs: no line breaks or other control characters.
        return new LinkFault(code, string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }), linkEnded);
    }
}
