namespace Resultity.Node.Runtimes;

/// <summary>One request in OpenAI's shape and the way to answer it: whole with <see cref="RespondAsync"/>, or begun, written and completed.</summary>
/// <remarks>For one writer. Memory that is passed in is the caller's again when the call has ended.</remarks>
public abstract class RuntimeExchange
{
    /// <summary>The client-visible identifier of the request, for logs.</summary>
    public abstract string RequestId { get; }

    /// <summary>What is asked for, such as <c>/v1/chat/completions</c>.</summary>
    public abstract string Path { get; }

    /// <summary>The model's name on this node.</summary>
    public abstract string Model { get; }

    /// <summary>The body's content type.</summary>
    public abstract string ContentType { get; }

    /// <summary>The whole body; valid until the request was served.</summary>
    public abstract ReadOnlyMemory<byte> Body { get; }

    /// <summary>W3C trace context of the caller, if there is one.</summary>
    public abstract string? TraceParent { get; }

    /// <summary>True once an answer has begun; from then on a failure can't be told by a status.</summary>
    public abstract bool Started { get; }

    /// <summary>Answers whole.</summary>
    public abstract ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary>Begins an answer whose body follows.</summary>
    public abstract ValueTask StartAsync(int status, string contentType, CancellationToken cancellation);

    /// <summary>Sends a piece of the body at once; waits while the reader is behind.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation);

    /// <summary>Ends a begun answer: it is whole.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellation);
}
