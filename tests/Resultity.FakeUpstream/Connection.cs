using System.Net.Sockets;
using Resultity.Polling;

namespace Resultity.FakeUpstream;

/// <summary>One client's connection: reads requests one after another and sends their answers.</summary>
internal sealed class Connection(Upstream upstream, Socket socket) : DueItem, IPollTarget
{
    private const int MostHeld = 64 << 20;
    private const int SlowReader = 256 << 10;

    private byte[] _held = [];
    private int _heldLength;
    private byte[] _unsent = [];
    private int _unsentFrom, _unsentTo;
    private Answer? _answer;
    private int _next;
    private bool _closeAfter;
    private bool _closed;

    public Socket Socket => socket;

    /// <summary>A count that a <c>/_wait</c> on this connection waits for.</summary>
    public (string Name, long Value)? Waiting { get; private set; }

    public void OnReadable()
    {
        if (_closed) return;
        var received = socket.Receive(upstream.Scratch, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (error != SocketError.Success || received == 0)
        {
            Close();
            return;
        }

        if (_heldLength == 0 && _answer is null && Waiting is null)
        {
            // The usual case, in which nothing is copied: one read holds one request.
            var used = Consume(upstream.Scratch.AsSpan(0, received));
            if (used >= 0 && used < received) Hold(upstream.Scratch.AsSpan(used, received - used));
            return;
        }

        Hold(upstream.Scratch.AsSpan(0, received));
        ConsumeHeld();
    }

    public void OnWritable()
    {
        if (_closed) return;
        var sent = socket.Send(_unsent.AsSpan(_unsentFrom, _unsentTo - _unsentFrom), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (error != SocketError.Success)
        {
            Close();
            return;
        }

        _unsentFrom += sent;
        if (_unsentFrom < _unsentTo) return;
        _unsent = [];
        _unsentFrom = _unsentTo = 0;
        upstream.Poller.Change(this, read: true, write: false);
    }

    /// <summary>Its time has come: the answer, the next event, or the end of a wait.</summary>
    public void Turn(long now)
    {
        if (Waiting is not null)
        {
            EndWait(408);
            return;
        }

        if (_unsentTo - _unsentFrom > SlowReader)
        {
            upstream.Due.Add(this, now + Upstream.Ticks(TimeSpan.FromMilliseconds(1)));
            return;
        }

        Step(now);
        if (_answer is null && !_closed) ConsumeHeld();
    }

    /// <summary>Ends a <c>/_wait</c> if what it waits for has come about.</summary>
    public void CheckWait()
    {
        if (Waiting is not var (name, value)) return;
        var reached = upstream.Counts.Get(name)!.Value;
        if (name is "running" or "open_connections" or "videos" ? reached == value : reached >= value) EndWait(200);
    }

    public void Close()
    {
        if (_closed) return;
        _closed = true;
        if (_answer is not null)
        {
            upstream.Counts.Running--;
            if (_answer.End == StreamEnd.Cut && _next == _answer.Events!.Length) upstream.Counts.Failed++;
            else upstream.Counts.Aborted++;
        }

        upstream.Forget(this);
        socket.Dispose();
    }

    /// <summary>Answers the requests that are whole; the bytes used, or -1 when the connection was closed.</summary>
    private int Consume(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (used < bytes.Length && _answer is null && Waiting is null)
        {
            var rest = bytes[used..];
            if (!RequestHead.TryRead(rest, out var head)) break;
            var body = ReadOnlySpan<byte>.Empty;
            var length = head.Length;
            if (head.Chunked)
            {
                var taken = ChunkedBody.Read(rest[head.Length..], out var decoded);
                if (taken == 0) break;
                if (taken < 0) head.Method = default;
                body = decoded;
                length += taken;
            }
            else if (head.BodyLength > 0)
            {
                if (rest.Length - head.Length < head.BodyLength) break;
                body = rest.Slice(head.Length, (int)head.BodyLength);
                length += body.Length;
            }

            _closeAfter = head.Close || head.Method.IsEmpty;
            used += length;
            upstream.Handle(this, in head, body);
            if (_closed) return -1;
        }

        return used;
    }

    /// <summary>Sends an answer at once and counts nothing.</summary>
    public void Reply(Answer answer)
    {
        Send(answer.Head);
        if (_closeAfter) Close();
    }

    /// <summary>Begins the answer to an inference request.</summary>
    public void Begin(Answer answer)
    {
        _answer = answer;
        _next = 0;
        var now = Upstream.Now;
        if (answer.Events is not null || answer.Latency > TimeSpan.Zero) upstream.Due.Add(this, now + Upstream.Ticks(answer.Latency));
        else Step(now);
    }

    public void Wait(string name, long value, TimeSpan limit)
    {
        Waiting = (name, value);
        upstream.Due.Add(this, Upstream.Now + Upstream.Ticks(limit));
    }

    private void EndWait(int status)
    {
        Waiting = null;
        upstream.Due.Remove(this);
        Reply(Answer.Json(status, upstream.Counts.ToJson()));
    }

    private void Step(long now)
    {
        var answer = _answer!;
        if (answer.Events is not { } events)
        {
            if (upstream.CrashesNow()) upstream.Crash(this, answer.Head);
            Send(answer.Head);
            Finish();
            return;
        }

        if (_next < events.Length)
        {
            var one = events[_next];
            if (upstream.CrashesNow()) upstream.Crash(this, one);
            if (_next == 0) Send([.. answer.Head, .. one]);
            else Send(one);
            if (_closed) return;
            upstream.Counts.Events++;
            _next++;
            if (_next < events.Length || answer.End == StreamEnd.Whole)
            {
                // From the time it was due, not from now, so that the pace does not drift; but what is late is not made up for in a burst.
                upstream.Due.Add(this, Math.Max(Due + Upstream.Ticks(answer.Delay), now));
            }
            else if (answer.End == StreamEnd.Cut)
            {
                Close();
            }

            return;
        }

        Send(_next == 0 ? [.. answer.Head, .. answer.Tail] : answer.Tail);
        if (!_closed) Finish();
    }

    private void Finish()
    {
        if (_closed) return;
        upstream.Counts.Running--;
        if (_answer!.Good) upstream.Counts.Served++;
        else upstream.Counts.Failed++;
        _answer = null;
        if (_closeAfter) Close();
    }

    private void ConsumeHeld()
    {
        if (_heldLength == 0 || _answer is not null || Waiting is not null) return;
        var used = Consume(_held.AsSpan(0, _heldLength));
        if (used <= 0) return;
        _held.AsSpan(used, _heldLength - used).CopyTo(_held);
        _heldLength -= used;
        if (_heldLength == 0) _held = [];
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_heldLength + bytes.Length > MostHeld)
        {
            Close();
            return;
        }

        Append(ref _held, ref _heldLength, bytes);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (_unsentTo == 0)
        {
            var sent = socket.Send(bytes, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) sent = 0;
            else if (error != SocketError.Success)
            {
                Close();
                return;
            }

            if (sent == bytes.Length) return;
            bytes = bytes[sent..];
            upstream.Poller.Change(this, read: true, write: true);
        }

        Append(ref _unsent, ref _unsentTo, bytes);
    }

    private static void Append(ref byte[] buffer, ref int length, ReadOnlySpan<byte> bytes)
    {
        if (length + bytes.Length > buffer.Length) Array.Resize(ref buffer, Math.Max(4096, (length + bytes.Length) * 2));
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }
}
