using System.Threading.Tasks.Sources;

namespace Resultity.Link;

/// <summary>One end of one stream: bytes come in within the credit we grant, and go out within the credit the peer grants.</summary>
/// <remarks>
/// One reader and one writer at a time; the two may be different threads. Everything that crosses to the link's own loop is under one short
/// lock. Waiting allocates nothing: the stream is its own source of values, used again for each wait.
/// </remarks>
public abstract partial class LinkStream
{
    private readonly Lock _gate = new();
    private LinkFault? _fault;
    private bool _closed;

    private protected LinkStream(LinkConnection connection) => Connection = connection;

    internal LinkConnection Connection { get; }

    private protected Lock Gate => _gate;

    internal uint Id { get; set; }

    /// <summary>True once the link's table has forgotten this stream; set by the table.</summary>
    internal bool Removed { get; set; }

    /// <summary>Not null once the stream, or its link, has failed.</summary>
    public LinkFault? Fault => Volatile.Read(ref _fault);

    /// <summary>True when neither direction has anything left to say.</summary>
    internal bool Done
    {
        get
        {
            lock (_gate)
                return (_peerEnded && _sendEnded) || _fault is not null;
        }
    }

    /// <summary>Fails both directions; the first fault stays. What has arrived can still be read.</summary>
    internal void Fail(LinkFault fault)
    {
        bool reader, writer;
        lock (_gate)
        {
            if (_fault is not null || _closed)
                return;
            // After both ends are through there is nothing left that could fail.
            if (_peerEnded && _sendEnded)
                return;
            _fault = fault;
            reader = TakeReader();
            writer = TakeWriter();
        }
        if (reader)
            _arrived.SetResult(true);
        if (writer)
            _room.SetResult(true);
        OnFault(fault);
    }

    private protected virtual void OnFault(LinkFault fault)
    {
    }

    /// <summary>Ends this object's part in the stream: gives its memory back and tells the peer where it still waits for something.</summary>
    private protected void Close(LinkErrorCode unfinished, string reason)
    {
        bool reset, reader, writer;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            reset = Id != 0 && _fault is null && !(_peerEnded && _sendEnded);
            reader = TakeReader();
            writer = TakeWriter();
            ReturnBuffers();
        }
        if (reader)
            _arrived.SetResult(true);
        if (writer)
            _room.SetResult(true);
        if (reset)
            Connection.Reset(this, unfinished, reason);
        if (!Removed)
            Connection.Remove(this);
    }

    ValueTaskSourceStatus IValueTaskSource<LinkRead>.GetStatus(short token) => _arrived.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _room.GetStatus(token);

    void IValueTaskSource<LinkRead>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrived.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _room.OnCompleted(continuation, state, token, flags);
}
