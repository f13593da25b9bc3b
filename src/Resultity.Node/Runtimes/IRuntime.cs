using Resultity.Contracts.Fleet;

namespace Resultity.Node.Runtimes;

/// <summary>A kind of model server on this node: in this process, a child process, or a server somewhere else.</summary>
/// <remarks>
/// Safe for concurrent use. The node agent calls <see cref="StartAsync"/> once, then <see cref="ExecuteAsync"/> for any number of requests at
/// a time, never more per model than the offer has slots. The host disposes of the runtime after the agent has stopped, when nothing runs any more.
/// </remarks>
public interface IRuntime : IAsyncDisposable
{
    /// <summary>The kind, as it stands in <see cref="ModelOffer.Runtime"/>, such as <c>onnx</c> or <c>openai</c>.</summary>
    string Name { get; }

    /// <summary>What can be served now. An immutable snapshot: a change puts a new list in its place and raises <see cref="OffersChanged"/>.</summary>
    IReadOnlyList<ModelOffer> Offers { get; }

    /// <summary>Raised after <see cref="Offers"/> changed, on any thread. Handlers return at once.</summary>
    event Action? OffersChanged;

    /// <summary>Begins to work. Does not wait for models to load: their offers say <see cref="ModelState.Cold"/> or <see cref="ModelState.Loading"/> meanwhile.</summary>
    /// <exception cref="RuntimeStartException">The configuration can't work; the message tells the operator what to change.</exception>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Serves one request for a model of <see cref="Offers"/> (loading it first if it is cold) and answers through the exchange.</summary>
    /// <param name="exchange">The request and the way to answer; not to be used after the call ended.</param>
    /// <param name="cancellation">Cancelled when nobody wants the answer any more: stop computing and throw <see cref="OperationCanceledException"/>.</param>
    /// <remarks>
    /// A request that is wrong is answered like OpenAI's API answers it (status 4xx and an <c>error</c> object), not thrown. An exception is a
    /// defect or a broken runtime: before the answer began, the gateway tries another node; after that, the answer ends as failed.
    /// </remarks>
    ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation);
}
