using System.Threading.Tasks.Sources;

namespace Resultity.Link;

public abstract partial class LinkStream : IValueTaskSource
{
    private int _sendCredit = LinkProtocol.InitialWindow;
    private bool _sendEnded;
    private ManualResetValueTaskSourceCore<bool> _room = new() { RunContinuationsAsynchronously = true };
    private bool _writing;
    private CancellationTokenRegistration _writeCancellation;

    /// <summary>Sends bytes as the peer's credit allows; ends when all have been taken over, so the memory is the caller's again.</summary>
    /// <exception cref="LinkStreamException">The stream or its link has failed, or was ended before.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled while waiting for credit; part may have been sent.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        while (data.Length > 0)
        {
            var sent = TrySend(data.Span);
            if (sent == 0)
                return WriteSlowlyAsync(data, cancellationToken);
            data = data[sent..];
        }
        return default;
    }

    /// <summary>Ends our direction; the peer's may go on. A second call does nothing.</summary>
    public void Complete(ReadOnlySpan<LinkHeader> trailers = default)
    {
        if (!TryEnd())
            return;
        if (trailers.IsEmpty)
            Connection.Sender.Data(Id, default, end: true);
        else
            Connection.Sender.End(Id, trailers);
        AfterEnd();
    }

    void IValueTaskSource.GetResult(short token)
    {
        _writeCancellation.Dispose();
        _writeCancellation = default;
        _room.GetResult(token);
    }

    internal void AddCredit(int credit)
    {
        bool wake;
        lock (_gate)
        {
            if (credit <= 0 || _sendCredit > int.MaxValue - credit)
                throw new Frames.LinkProtocolException(LinkErrorCode.FlowControl, $"a window of {credit} more bytes");
            _sendCredit += credit;
            wake = TakeWriter();
        }
        if (wake)
            _room.SetResult(true);
    }

    internal void WakeWriter()
    {
        bool wake;
        lock (_gate)
            wake = TakeWriter();
        if (wake)
            _room.SetResult(true);
    }

    /// <summary>Counts bytes that went inside OPEN or HEAD against the peer's credit, and their end.</summary>
    private protected void Sent(int bytes, bool ended)
    {
        lock (_gate)
        {
            _sendCredit -= bytes;
            _sendEnded |= ended;
        }
        if (ended)
            AfterEnd();
    }

    private protected bool SendEnded => Volatile.Read(ref _sendEnded);

    private protected bool TakeWriter()
    {
        var writing = _writing;
        _writing = false;
        return writing;
    }

    /// <summary>Waits until the link has room for another frame; for the first frame of a stream, which needs no credit.</summary>
    private protected async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (!Connection.Sender.HasRoom && Fault is null && !Connection.Ended)
            await WaitToWrite(needsCredit: false, cancellationToken);
    }

    private void AfterEnd()
    {
        if (Done)
            Connection.Remove(this);
    }

    private async ValueTask WriteSlowlyAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (data.Length > 0)
        {
            var sent = TrySend(data.Span);
            data = data[sent..];
            if (sent == 0)
                await WaitToWrite(needsCredit: true, cancellationToken);
        }
    }

    private int TrySend(ReadOnlySpan<byte> data)
    {
        int size;
        lock (_gate)
        {
            if (_fault is not null || _sendEnded || _closed)
                throw new LinkStreamException(_fault ?? new LinkFault(LinkErrorCode.None, "the stream was ended before", LinkEnded: false));
            size = Math.Min(Math.Min(data.Length, _sendCredit), LinkProtocol.DataChunk);
            if (size == 0 || !Connection.Sender.HasRoom)
                return 0;
            _sendCredit -= size;
        }
        Connection.Sender.Data(Id, data[..size], end: false);
        return size;
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_sendEnded || _fault is not null || _closed)
                return false;
            return _sendEnded = true;
        }
    }

    private ValueTask WaitToWrite(bool needsCredit, CancellationToken cancellationToken)
    {
        bool credit;
        lock (_gate)
        {
            credit = _sendCredit > 0 || !needsCredit;
            if (_fault is not null || _closed || (credit && Connection.Sender.HasRoom))
                return default;
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled(cancellationToken);
            if (_writing)
                throw new InvalidOperationException("A stream has one writer at a time.");
            _room.Reset();
            _writing = true;
        }
        // With credit only the link's buffer stands in the way: queue for it. Without, the peer's WINDOW wakes us.
        if (credit && !Connection.Sender.WaitForRoom(this))
            WakeWriter();
        if (cancellationToken.CanBeCanceled)
            _writeCancellation = cancellationToken.UnsafeRegister(static (stream, token) => ((LinkStream)stream!).CancelWrite(token), this);
        return new ValueTask(this, _room.Version);
    }

    private void CancelWrite(CancellationToken token)
    {
        bool writer;
        lock (_gate)
            writer = TakeWriter();
        if (writer)
            _room.SetException(new OperationCanceledException(token));
    }
}
