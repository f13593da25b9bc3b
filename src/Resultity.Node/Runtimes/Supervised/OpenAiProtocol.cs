using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>Requests as they are, to a program that speaks OpenAI's protocol.</summary>
internal sealed class OpenAiProtocol(HttpMessageInvoker http) : EngineProtocol
{
    private Tuple<ChildInstance, UpstreamRelay>? _relay;

    public override ValueTask ServeAsync(RuntimeExchange exchange, ChildInstance instance, CancellationToken cancellation) => RelayTo(instance).RelayAsync(exchange, cancellation);

    private UpstreamRelay RelayTo(ChildInstance instance)
    {
        // Made anew for each life of the program, which has a port of its own; two that are made at once are equal.
        if (Volatile.Read(ref _relay) is { } known && known.Item1 == instance)
        {
            return known.Item2;
        }

        var relay = new UpstreamRelay(http, instance.Address, new UpstreamKey(new OpenAiRuntimeOptions { Url = instance.Address }));
        Volatile.Write(ref _relay, Tuple.Create(instance, relay));
        return relay;
    }
}
