using Resultity.Contracts.Values;

namespace Resultity.Serving;

/// <summary>The nodes that are linked now, as the pipeline sees them: somewhere to send a work order. Sockets are behind it.</summary>
/// <remarks>Safe for concurrent use. Implemented by the gateway's links; a cluster adds one that forwards to the gateway that holds the link.</remarks>
public interface IFleet
{
    /// <summary>Sends a work order and returns when the head of the answer has arrived.</summary>
    /// <returns>The exchange, which the caller disposes of, or a fault that says whether another node may answer.</returns>
    /// <remarks>Cancellation before the head stops the work on the node; afterwards disposal of the exchange does.</remarks>
    ValueTask<Outcome<NodeExchange>> SendAsync(string nodeId, WorkOrder order, CancellationToken cancellation);
}

/// <summary>A request placed on a node.</summary>
/// <param name="RequestId">The client-visible identifier, for the node's logs and traces.</param>
/// <param name="Endpoint">What is to be computed.</param>
/// <param name="Model">The model's name on the node.</param>
/// <param name="ContentType">The body's content type.</param>
/// <param name="Body">The bytes to send; unchanged until the exchange is disposed of.</param>
/// <param name="TraceParent">W3C trace context for the node's spans.</param>
public readonly record struct WorkOrder(
    string RequestId, InferenceEndpoint Endpoint, string Model, string ContentType, ReadOnlyMemory<byte> Body, string? TraceParent);

/// <summary>An answer that has begun: its head, and its body as it comes.</summary>
/// <remarks>For one reader. Disposing before the end tells the node to stop at once.</remarks>
public abstract class NodeExchange : IAsyncDisposable
{
    /// <summary>The HTTP status that the node answered with.</summary>
    public abstract int Status { get; }

    /// <summary>The answer's content type.</summary>
    public abstract string? ContentType { get; }

    /// <summary>The first value of a header of the answer (name in lower case) or, once the answer has ended, of a trailer; <see langword="null"/> if there is none.</summary>
    public virtual string? Note(string name) => null;

    /// <summary>Waits for more of the body. Everything that has already arrived comes in one piece.</summary>
    public abstract ValueTask<NodeRead> ReadAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A piece of an answer.</summary>
/// <param name="Bytes">Valid until the next read or the disposal of the exchange.</param>
/// <param name="IsEnd">Nothing follows these bytes, and the answer is whole.</param>
/// <param name="Fault">The answer broke off here; it is not whole.</param>
public readonly record struct NodeRead(ReadOnlyMemory<byte> Bytes, bool IsEnd, Fault? Fault = null);
