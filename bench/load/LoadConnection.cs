using System.Net.Sockets;
using System.Text;
using Resultity.Polling;

namespace Resultity.Load;

/// <summary>One connection with at most one request at a time.</summary>
internal sealed class LoadConnection : DueItem, IPollTarget
{
    private readonly Loader _loader;
    private readonly LoadOptions _options;
    private readonly ResponseReader _response = new();
    private readonly EventScanner _events = new();
    private readonly Action<ReadOnlySpan<byte>> _readBody;
    private readonly byte[] _request;
    private byte[] _body = [];
    private int _bodyLength;
    private int _unsentFrom;
    private bool _connecting;
    private bool _active;
    private bool _served;
    private long _start;
    private long _lastEvents;
    private bool _bodyIsJson;
    private long _now;

    public LoadConnection(Loader loader, LoadOptions options, int index)
    {
        _request = options.RequestBytes[index % options.RequestBytes.Length];
        _loader = loader;
        _options = options;
        _readBody = ReadBody;
        Socket = NewSocket();
    }

    public Socket Socket { get; private set; }

    /// <summary>Whether a request is under way.</summary>
    public bool Active => _active;

    /// <summary>Opens the connection; the loader is told when it is ready.</summary>
    public void Open()
    {
        _connecting = true;
        try
        {
            Socket.Connect(_options.Address);
        }
        catch (SocketException begun) when (begun.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress or SocketError.IOPending)
        {
            // The usual answer of a non-blocking socket: it becomes writable when the attempt has ended.
        }
        catch (SocketException refused)
        {
            _loader.OpenFailed(this, refused.SocketErrorCode);
            return;
        }

        _loader.Poller.Add(this, read: false, write: true);
    }

    /// <summary>Sends the request, which was to start at <paramref name="start"/>.</summary>
    public void Begin(long start)
    {
        _active = true;
        _start = start;
        _lastEvents = 0;
        _unsentFrom = 0;
        _bodyLength = 0;
        _bodyIsJson = false;
        _response.Reset();
        _events.Reset();
        SendOn();
    }

    /// <summary>Fails the request if it took longer than it may.</summary>
    public void CheckTimeout(long now, long limit)
    {
        if (_active && now - _start > limit) Fail("timeout");
    }

    public void Abandon()
    {
        _active = false;
        Discard();
    }

    public void OnWritable()
    {
        if (!_connecting)
        {
            SendOn();
            return;
        }

        _connecting = false;
        var error = (SocketError)(int)Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            Discard();
            _loader.OpenFailed(this, error);
            return;
        }

        _served = false;
        _loader.Poller.Change(this, read: true, write: false);
        _loader.Ready(this);
    }

    public void OnReadable()
    {
        if (_connecting) return;
        var received = Socket.Receive(_loader.Scratch, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        _now = Loader.Now;
        if (error != SocketError.Success || received == 0)
        {
            Ended();
            return;
        }

        _loader.Tally.Bytes += received;
        if (!_active)
        {
            _loader.Tally.Wrong("unasked_bytes");
            Reopen();
            return;
        }

        var eventsBefore = _events.Events;
        try
        {
            _response.Read(_loader.Scratch.AsSpan(0, received), _readBody);
        }
        catch (InvalidDataException)
        {
            Fail("not_http");
            return;
        }

        if (_events.Events != eventsBefore) CountEvents(_events.Events - eventsBefore);
        if (_response.Whole) Finish();
    }

    private void ReadBody(ReadOnlySpan<byte> bytes)
    {
        if (_options.Stream && _response.Status == 200)
        {
            _events.Read(bytes, _options.Tokens > 0);
            return;
        }

        if (_bodyLength == 0 && _loader.IsKnownGood(bytes))
        {
            _bodyIsJson = true;
            return;
        }

        _bodyIsJson = false;
        if (_bodyLength + bytes.Length > _body.Length) Array.Resize(ref _body, (_bodyLength + bytes.Length) * 2);
        bytes.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += bytes.Length;
    }

    private void CountEvents(int count)
    {
        var tally = _loader.Tally;
        if (_loader.InTime(_now)) tally.EventsInTime += count;
        if (_loader.Counts(_start))
        {
            if (_lastEvents == 0) Tally.Record(tally.FirstChunk, Loader.Microseconds(_now - _start));
            else Tally.Record(tally.Gap, Loader.Microseconds(_now - _lastEvents));
        }

        _lastEvents = _now;
    }

    private void Ended()
    {
        if (!_active)
        {
            Reopen();
        }
        else if (_response.EndsWithConnection)
        {
            Finish(closed: true);
        }
        else
        {
            Fail(_response.Begun ? "truncated" : _served ? "reset_reused" : "reset");
        }
    }

    private void Finish(bool closed = false)
    {
        _active = false;
        _served = true;
        var tally = _loader.Tally;
        if (Judge() is not { } wrong)
        {
            if (_loader.InTime(_now)) tally.GoodInTime++;
            if (_loader.Counts(_start))
            {
                tally.Good++;
                Tally.Record(tally.Latency, Loader.Microseconds(_now - _start));
            }
        }
        else if (_loader.Counts(_start))
        {
            tally.Wrong(wrong);
            tally.FirstWrong ??= $"{wrong}: {Encoding.UTF8.GetString(_body.AsSpan(0, Math.Min(_bodyLength, 400)))}";
            if (_response.Status is 429 or 503)
            {
                Tally.Record(tally.Refused, Loader.Microseconds(_now - _start));
                if (!_response.RetryAfter) tally.RefusedWithoutRetryAfter++;
            }
        }

        if (_response.Close || closed) Reopen();
        else _loader.Ready(this);
    }

    /// <summary>What is wrong with the answer; null if it is good.</summary>
    private string? Judge()
    {
        if (_response.Status != _options.Status) return $"status_{_response.Status}";
        if (!_options.Stream) return _bodyIsJson || _loader.IsJson(_body.AsSpan(0, _bodyLength)) ? null : "invalid_json";
        if (_events.Failed) return "error_event";
        if (!_events.Done) return "no_done";
        if (_events.Disordered) return "disordered_events";
        return _events.Tokens < _options.Tokens ? "lost_events" : null;
    }

    private void Fail(string kind)
    {
        _active = false;
        if (_loader.Counts(_start)) _loader.Tally.Wrong(kind);
        Reopen();
    }

    private void SendOn()
    {
        var sent = Socket.Send(_request.AsSpan(_unsentFrom), SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            Fail(_served ? "reset_reused" : "reset");
            return;
        }

        var waited = _unsentFrom > 0;
        _unsentFrom += error == SocketError.Success ? sent : 0;
        var whole = _unsentFrom == _request.Length;
        if (!whole || waited) _loader.Poller.Change(this, read: true, write: !whole);
    }

    private void Reopen()
    {
        Discard();
        Open();
    }

    private void Discard()
    {
        _loader.Poller.Remove(this);
        Socket.Dispose();
        Socket = NewSocket();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
}
