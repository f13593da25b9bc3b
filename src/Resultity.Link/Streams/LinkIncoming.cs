using System.Buffers;

namespace Resultity.Link;

/// <summary>The serving end of a stream: a request that the other end opened, and the way to answer it.</summary>
/// <remarks>
/// Answer either with <see cref="RespondAsync"/>, or with <see cref="StartAsync"/>, <see cref="LinkStream.WriteAsync"/> and
/// <see cref="LinkStream.Complete"/>. Memory from reads is valid until the next read, at the latest until the handler ends.
/// </remarks>
#pragma warning disable CA1001 // The token source has no timer and no handle; disposing it would race with the link that cancels it.
public sealed class LinkIncoming : LinkStream, IThreadPoolWorkItem
#pragma warning restore CA1001
{
    private readonly ILinkHandler _handler;
    private CancellationTokenSource? _aborted;
    private byte[]? _body;
    private bool _started;

    internal LinkIncoming(LinkConnection connection, ILinkHandler handler, string method, string path, LinkHeader[] headers) : base(connection)
    {
        _handler = handler;
        Method = method;
        Path = path;
        Headers = headers;
    }

    /// <summary>The HTTP method.</summary>
    public string Method { get; }

    /// <summary>Path and query.</summary>
    public string Path { get; }

    /// <summary>The headers in the order sent, content type included.</summary>
    public ReadOnlyMemory<LinkHeader> Headers { get; }

    /// <summary>True once the head of the answer was sent.</summary>
    public bool Started => _started;

    /// <summary>Cancelled when the opener no longer wants the answer or the link is gone.</summary>
    public CancellationToken Aborted
    {
        get
        {
            lock (Gate)
            {
                if (_aborted is null)
                {
                    _aborted = new CancellationTokenSource();
                    if (Fault is not null)
                        _aborted.Cancel();
                }
                return _aborted.Token;
            }
        }
    }

    /// <summary>The first value of a header (name in lower case), or null.</summary>
    public string? Header(string name) => LinkHeader.Find(Headers.Span, name);

    /// <summary>Reads the body to its end; a body that came in one frame is not copied.</summary>
    /// <returns>Ended with the whole body, or a fault: <see cref="LinkErrorCode.TooLarge"/> when it passes <paramref name="limit"/> bytes.</returns>
    public async ValueTask<LinkRead> ReadBodyAsync(int limit, CancellationToken cancellationToken = default)
    {
        var length = 0;
        while (true)
        {
            var read = await ReadAsync(cancellationToken);
            if (read.Fault is not null)
                return read;
            if (length + read.Memory.Length > limit)
                return new LinkRead(default, false, new LinkFault(LinkErrorCode.TooLarge, $"the body is over the limit of {limit} bytes", LinkEnded: false));
            if (read.Ended && length == 0)
                return read;
            length = Collect(read.Memory.Span, length);
            if (read.Ended)
                return new LinkRead(_body.AsMemory(0, length), true, null);
        }
    }

    /// <summary>Answers whole; one frame where it fits.</summary>
    /// <exception cref="LinkStreamException">The stream or its link has failed.</exception>
    public ValueTask RespondAsync(int status, string? contentType, ReadOnlyMemory<LinkHeader> headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
        HeadAsync(status, contentType, headers, body, whole: true, cancellationToken);

    /// <summary>Begins an answer whose body follows with <see cref="LinkStream.WriteAsync"/>.</summary>
    /// <exception cref="LinkStreamException">The stream or its link has failed.</exception>
    public ValueTask StartAsync(int status, string? contentType, ReadOnlyMemory<LinkHeader> headers, CancellationToken cancellationToken = default) =>
        HeadAsync(status, contentType, headers, default, whole: false, cancellationToken);

    /// <summary>Ends the stream without an answer, or cuts an answer that has begun. The stream's memory is gone with it.</summary>
    /// <param name="code"><see cref="LinkErrorCode.Refused"/> when the work was not begun, so that the opener may send it elsewhere.</param>
    /// <param name="reason">For logs of the other end, at most 256 bytes.</param>
    public void Reject(LinkErrorCode code, string reason) => Close(code, reason);

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private protected override void OnFault(LinkFault fault)
    {
        CancellationTokenSource? aborted;
        lock (Gate)
            aborted = _aborted;
        // Asynchronously: this is the link's loop, and what listens to the token is not its business.
        _ = aborted?.CancelAsync();
    }

    private async ValueTask HeadAsync(int status, string? contentType, ReadOnlyMemory<LinkHeader> headers, ReadOnlyMemory<byte> body, bool whole, CancellationToken cancellationToken)
    {
        if (status is < 100 or > 999)
            throw new ArgumentOutOfRangeException(nameof(status));
        if (_started)
            throw new InvalidOperationException("The answer has begun before.");
        if (!Connection.Sender.HasRoom)
            await WaitForRoomAsync(cancellationToken);
        if (Fault is { } fault)
            throw new LinkStreamException(fault);
        _started = true;
        var sent = Connection.Sender.Head(Id, status, contentType, headers.Span, body.Span, whole);
        var ended = whole && sent == body.Length;
        Sent(sent, ended);
        if (!whole || ended)
            return;
        await WriteAsync(body[sent..], cancellationToken);
        Complete();
    }

    private int Collect(ReadOnlySpan<byte> part, int length)
    {
        if (_body is null || _body.Length - length < part.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + part.Length, length * 2));
            _body.AsSpan(0, length).CopyTo(larger);
            if (_body is not null)
                ArrayPool<byte>.Shared.Return(_body);
            _body = larger;
        }
        part.CopyTo(_body.AsSpan(length));
        return length + part.Length;
    }

    private async Task RunAsync()
    {
        var code = LinkErrorCode.Internal;
        try
        {
            await _handler.HandleAsync(this);
            // Answered before the whole request was read: the rest is not needed.
            if (SendEnded)
                code = LinkErrorCode.None;
        }
        catch (Exception e) when (Fault is not null && e is OperationCanceledException or LinkStreamException)
        {
            // The opener went away; the handler stopped, as it should.
        }
#pragma warning disable CA1031 // One stream's failure, whatever it is, must not end the others'; it is logged and told to the opener.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Connection.LogHandlerFailed(e, Method, Path);
        }
        Close(code, code == LinkErrorCode.None ? "the rest is not needed" : "the request was not answered to its end");
        if (_body is not null)
            ArrayPool<byte>.Shared.Return(_body);
        Connection.HandlerEnded();
    }
}
