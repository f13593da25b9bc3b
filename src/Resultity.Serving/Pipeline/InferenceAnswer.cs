using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline;

/// <summary>An answer that has begun: a whole body, or events as they come; of one model, or put together from the answers of several.</summary>
/// <remarks>
/// For one reader. The holder disposes of it, in every case; disposing before the end stops the computation. However it ends, what it holds is
/// given back and its usage is recorded exactly once.
/// </remarks>
public abstract class InferenceAnswer : IAsyncDisposable
{
    /// <summary>The node that serves the answer now; several, separated by commas, if several serve it.</summary>
    public abstract string NodeId { get; }

    /// <summary>The model that serves it, aliases resolved; several, separated by commas, if several serve it.</summary>
    public abstract string Model { get; }

    /// <summary>Whether the answer comes as events.</summary>
    public abstract bool IsEventStream { get; }

    /// <summary>Whether the answer is neither JSON nor events, such as sound: its bytes come in pieces, as events do.</summary>
    public virtual bool IsBinary => false;

    /// <summary>The answer's content type.</summary>
    public abstract string ContentType { get; }

    /// <summary>The whole answer when it is not a stream of events. Valid until this is disposed of.</summary>
    public abstract ReadOnlyMemory<byte> Body { get; }

    /// <summary>Why a streamed answer ended; <see langword="null"/> when it is whole, and before the end.</summary>
    public abstract Fault? Fault { get; }

    /// <summary>What was used, as far as is known: the nodes' figures, or an estimate from the events so far.</summary>
    public abstract Usage Usage { get; }

    /// <summary>Waits until there is an event to read.</summary>
    /// <returns><see langword="false"/> when nothing follows; <see cref="Fault"/> then says whether the answer is whole.</returns>
    /// <remarks>Cancellation ends the answer with a fault; it does not throw.</remarks>
    public abstract ValueTask<bool> WaitAsync(CancellationToken cancellation);

    /// <summary>Takes the next event if it has arrived.</summary>
    public abstract bool TryRead(out StreamEvent next);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
