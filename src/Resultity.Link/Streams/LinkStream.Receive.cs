using System.Buffers;
using System.Threading.Tasks.Sources;

namespace Resultity.Link;

public abstract partial class LinkStream : IValueTaskSource<LinkRead>
{
    // Buffers up to this size stay with the stream between reads; larger ones go back to the pool at once.
    private const int KeptBuffer = 2048;
    private byte[]? _fill;
    private int _filled;
    private byte[]? _lent;
    private int _lentLength;
    private int _credit = LinkProtocol.InitialWindow;
    private int _window = LinkProtocol.InitialWindow;
    private int _consumed;
    private long _lastGrant;
    private bool _peerEnded;
    private ReadOnlyMemory<LinkHeader> _trailers;
    private ManualResetValueTaskSourceCore<bool> _arrived = new() { RunContinuationsAsynchronously = true };
    private bool _reading;
    private CancellationTokenRegistration _readCancellation;

    /// <summary>What the peer sent after the body; complete once a read said <see cref="LinkRead.Ended"/>.</summary>
    public ReadOnlyMemory<LinkHeader> Trailers => _trailers;

    /// <summary>Waits for bytes, the end, or a fault, and takes everything that is there.</summary>
    /// <remarks>Memory of the read before becomes invalid. Cancelling ends only this wait, not the stream.</remarks>
    /// <exception cref="OperationCanceledException">The token was cancelled while nothing had arrived.</exception>
    public ValueTask<LinkRead> ReadAsync(CancellationToken cancellationToken = default)
    {
        GiveBack();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (Readable)
                return new ValueTask<LinkRead>(Take());
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<LinkRead>(cancellationToken);
            BeginRead();
        }
        RegisterRead(cancellationToken);
        return new ValueTask<LinkRead>(this, _arrived.Version);
    }

    LinkRead IValueTaskSource<LinkRead>.GetResult(short token)
    {
        FinishRead(token);
        lock (_gate)
            return Take();
    }

    /// <summary>Called by the link's loop: bytes and perhaps the end. False when the peer broke its word.</summary>
    internal bool Receive(ReadOnlySpan<byte> data, bool end, ReadOnlyMemory<LinkHeader> trailers = default)
    {
        bool wake;
        lock (_gate)
        {
            if (_closed || _fault is not null)
                return true;
            if (_peerEnded || data.Length > _credit)
                return false;
            _credit -= data.Length;
            Append(data);
            _peerEnded = end;
            if (end)
                _trailers = trailers;
            wake = (end || data.Length > 0) && TakeReader();
        }
        if (wake)
            _arrived.SetResult(true);
        return true;
    }

    // The rest is called under the gate, unless it says otherwise.
    private protected bool Readable => _filled > 0 || _peerEnded || _fault is not null;

    private protected bool PeerEnded => _peerEnded;

    private protected short BeginRead()
    {
        if (_reading)
            throw new InvalidOperationException("A stream has one reader at a time.");
        _arrived.Reset();
        _reading = true;
        return _arrived.Version;
    }

    /// <summary>Outside the gate, after <see cref="BeginRead"/>.</summary>
    private protected void RegisterRead(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _readCancellation = cancellationToken.UnsafeRegister(static (stream, token) => ((LinkStream)stream!).CancelRead(token), this);
    }

    /// <summary>Outside the gate: ends the wait on the side of the one who waited.</summary>
    private protected void FinishRead(short token)
    {
        _readCancellation.Dispose();
        _readCancellation = default;
        _arrived.GetResult(token);
    }

    private protected bool TakeReader()
    {
        var reading = _reading;
        _reading = false;
        return reading;
    }

    private protected void Arrived() => _arrived.SetResult(true);

    private void CancelRead(CancellationToken token)
    {
        bool reader;
        lock (_gate)
            reader = TakeReader();
        if (reader)
            _arrived.SetException(new OperationCanceledException(token));
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        if (_fill is null)
            _fill = ArrayPool<byte>.Shared.Rent(data.Length);
        else if (_fill.Length - _filled < data.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_filled + data.Length, _fill.Length * 2));
            _fill.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_fill);
            _fill = larger;
        }
        data.CopyTo(_fill.AsSpan(_filled));
        _filled += data.Length;
    }

    private LinkRead Take()
    {
        if (_filled == 0)
            return new LinkRead(default, _peerEnded, _peerEnded ? null : _fault);
        (_lent, _fill) = (_fill, _lent);
        (_lentLength, _filled) = (_filled, 0);
        // A fault after bytes is told by the next read, the end at once.
        return new LinkRead(_lent.AsMemory(0, _lentLength), _peerEnded, null);
    }

    // Outside the gate: the reader is done with what the last read lent it; the peer may send as much again.
    private void GiveBack()
    {
        var grant = 0;
        lock (_gate)
        {
            if (_lentLength == 0)
                return;
            _consumed += _lentLength;
            _lentLength = 0;
            if (_lent!.Length > KeptBuffer)
            {
                ArrayPool<byte>.Shared.Return(_lent);
                _lent = null;
            }
            if (!_peerEnded && _fault is null && _consumed >= _window / 2)
            {
                grant = _consumed + WidenWindow();
                _credit += grant;
                _consumed = 0;
            }
        }
        if (grant > 0)
            Connection.Grant(this, grant);
    }

    // A reader that asks again within two round trips is slowed by the window, not by itself: double it, up to the limit.
    private int WidenWindow()
    {
        var last = _lastGrant;
        _lastGrant = Connection.Time.GetTimestamp();
        if (last == 0 || _window >= Connection.Options.MaxWindow || Connection.Time.GetElapsedTime(last, _lastGrant) > Connection.RoundTrip * 2)
            return 0;
        var wider = Math.Min(_window * 2, Connection.Options.MaxWindow);
        var more = wider - _window;
        _window = wider;
        return more;
    }

    private void ReturnBuffers()
    {
        if (_fill is not null)
            ArrayPool<byte>.Shared.Return(_fill);
        if (_lent is not null)
            ArrayPool<byte>.Shared.Return(_lent);
        (_fill, _lent, _filled, _lentLength) = (null, null, 0, 0);
    }
}
