using System.Threading.Tasks.Sources;

namespace Resultity.Link;

/// <summary>The opener's end of a stream: the answer to a <see cref="LinkRequest"/>.</summary>
/// <remarks>
/// Faults are values: look at <see cref="LinkStream.Fault"/> when <see cref="Status"/> is 0, and at each <see cref="LinkRead.Fault"/>.
/// Disposal before the end tells the peer to stop (RESET, cancelled). Dispose on every path.
/// </remarks>
public sealed class LinkExchange : LinkStream, IValueTaskSource<LinkExchange>, IAsyncDisposable
{
    private const string NotWanted = "the answer is no longer wanted";
    private Task? _pump;

    internal LinkExchange(LinkConnection connection) : base(connection)
    {
    }

    /// <summary>The answer's HTTP status; 0 when there was no answer because of a fault.</summary>
    public int Status { get; private set; }

    /// <summary>The answer's headers, content type included.</summary>
    public ReadOnlyMemory<LinkHeader> Headers { get; private set; }

    /// <summary>The answer's content type, or null.</summary>
    public string? ContentType => Header("content-type");

    /// <summary>The first value of a header (name in lower case), or null.</summary>
    public string? Header(string name) => LinkHeader.Find(Headers.Span, name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close(LinkErrorCode.Cancelled, NotWanted);
        // The pump reads the caller's memory, so the caller has it back only when the pump has ended.
        if (_pump is not null)
            await _pump;
    }

    internal ValueTask<LinkExchange> StartAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        if (!Connection.Sender.HasRoom)
            return StartSlowlyAsync(request, cancellationToken);
        Send(request);
        return _pump is null ? HeadAsync(cancellationToken) : HeadWhilePumpingAsync(cancellationToken);
    }

    /// <summary>Called by the link's loop. False when the peer broke its word.</summary>
    internal bool ReceiveHead(int status, LinkHeader[] headers, ReadOnlySpan<byte> body, bool end)
    {
        var wake = false;
        lock (Gate)
        {
            if (Status != 0)
                return false;
            Headers = headers;
            Status = status;
            if (body.IsEmpty && !end)
                wake = TakeReader();
        }
        if (wake)
            Arrived();
        return Receive(body, end);
    }

    LinkExchange IValueTaskSource<LinkExchange>.GetResult(short token)
    {
        try
        {
            FinishRead(token);
            return this;
        }
        catch (OperationCanceledException)
        {
            // The caller never gets the exchange, so it ends here.
            Close(LinkErrorCode.Cancelled, NotWanted);
            throw;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<LinkExchange>.GetStatus(short token) => ((IValueTaskSource<LinkRead>)this).GetStatus(token);

    void IValueTaskSource<LinkExchange>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ((IValueTaskSource<LinkRead>)this).OnCompleted(continuation, state, token, flags);

    private async ValueTask<LinkExchange> StartSlowlyAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        await WaitForRoomAsync(cancellationToken);
        Send(request);
        return await HeadWhilePumpingAsync(cancellationToken);
    }

    private async ValueTask<LinkExchange> HeadWhilePumpingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await HeadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await DisposeAsync();
            throw;
        }
    }

    private void Send(LinkRequest request)
    {
        if (Connection.Register(this) is { } refusal)
        {
            Fail(refusal);
            return;
        }
        int sent;
        try
        {
            sent = Connection.Sender.Open(Id, request);
        }
        catch (ArgumentException)
        {
            Connection.Remove(this);
            throw;
        }
        var whole = sent == request.Body.Length;
        Sent(sent, ended: whole && !request.Duplex);
        if (!whole)
            _pump = PumpAsync(request.Body[sent..], request.Duplex);
    }

    private async Task PumpAsync(ReadOnlyMemory<byte> rest, bool duplex)
    {
        try
        {
            await WriteAsync(rest);
            if (!duplex)
                Complete();
        }
        catch (LinkStreamException)
        {
            // The reader of the answer finds the same fault, or the answer came before the body was wanted.
        }
    }

    private ValueTask<LinkExchange> HeadAsync(CancellationToken cancellationToken)
    {
        short version;
        lock (Gate)
        {
            if (Status != 0 || Fault is not null)
                return new ValueTask<LinkExchange>(this);
            version = BeginRead();
        }
        // A token that is cancelled already ends the wait at once, by the same path as one cancelled later.
        RegisterRead(cancellationToken);
        return new ValueTask<LinkExchange>(this, version);
    }
}
