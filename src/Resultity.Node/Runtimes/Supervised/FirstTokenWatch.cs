namespace Resultity.Node.Runtimes.Supervised;

/// <summary>An engine took a stream's request and said nothing for longer than it may.</summary>
/// <param name="message">A sentence for the operator.</param>
/// <param name="engineIsSilent">Whether it said nothing to anybody in that time, so that it hangs, as far as can be told.</param>
internal sealed class FirstTokenTimeoutException(string message, bool engineIsSilent) : Exception(message)
{
    public bool EngineIsSilent => engineIsSilent;
}

/// <summary>Passes an answer on, and tells its first token, which an engine's keep-alives before it are not.</summary>
/// <remarks>The answer begins with its first token: as long as there is none, the request can still be served by another engine.</remarks>
internal sealed class FirstTokenWatch(RuntimeExchange inner, Action told) : RuntimeExchange
{
    private (int Status, string ContentType)? _head;

    public override string RequestId => inner.RequestId;

    public override string Path => inner.Path;

    public override string Model => inner.Model;

    public override string ContentType => inner.ContentType;

    public override ReadOnlyMemory<byte> Body => inner.Body;

    public override string? TraceParent => inner.TraceParent;

    public override bool Started => inner.Started || _head is not null;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        told();
        return inner.RespondAsync(status, contentType, body, cancellation);
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
    {
        _head = (status, contentType);
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        if (inner.Started)
        {
            told();
            return inner.WriteAsync(piece, cancellation);
        }

        // The gateway keeps the client's connection alive itself.
        return IsComment(piece.Span) ? default : BeginAsync(piece, cancellation);
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellation)
    {
        told();
        if (!inner.Started) await StartAsync(cancellation);
        await inner.CompleteAsync(cancellation);
    }

    private async ValueTask BeginAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        told();
        await StartAsync(cancellation);
        await inner.WriteAsync(piece, cancellation);
    }

    private ValueTask StartAsync(CancellationToken cancellation) => inner.StartAsync(_head!.Value.Status, _head.Value.ContentType, cancellation);

    // Lines that begin with a colon, and empty ones, tell nothing.
    private static bool IsComment(ReadOnlySpan<byte> piece)
    {
        foreach (var line in piece.Split((byte)'\n'))
        {
            var text = piece[line].Trim("\r "u8);
            if (!text.IsEmpty && text[0] != ':') return false;
        }

        return true;
    }
}
