using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>How requests are brought to a server program. Safe for concurrent use.</summary>
internal abstract class EngineProtocol
{
    /// <summary>Serves one request.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="instance">The life of the program that is to compute it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HttpRequestException">The program ended, or does not answer as it should.</exception>
    /// <exception cref="IOException">The program ended while it answered.</exception>
    public abstract ValueTask ServeAsync(RuntimeExchange exchange, ChildInstance instance, CancellationToken cancellation);
}
