using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Link;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Agent;

/// <summary>The node's life: starts the runtimes, joins, holds the links, and at the end finishes what runs before it goes.</summary>
internal sealed partial class NodeAgent(
    RuntimeSet runtimes, LinkSet links, Membership membership, NodeIdentity identity, Heartbeat heartbeat,
    ChildHost children, IServiceProvider services, IOptions<NodeOptions> options, TimeProvider time, ILogger<NodeAgent> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    /// <exception cref="JoinException">The gateway does not let this node in.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var gateway = options.Value.Gateway!;
        await children.SweepAsync();
        foreach (var runtime in runtimes.All)
            await runtime.StartAsync(cancellationToken);
        try
        {
            await membership.GetGatewayIdAsync(gateway, cancellationToken);
            LogJoined(identity.Key.NodeId, gateway);
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It may only be down for now; the links' loops go on trying.
            LogUnreachable(gateway, e.Message);
        }
        var session = Path.GetRandomFileName();
        _loops.Add(heartbeat.RunAsync(_stop.Token));
        for (var i = 0; i < options.Value.Links; i++)
            _loops.Add(services.GetRequiredService<LinkKeeper>().RunAsync(session, _drain.Token, _stop.Token));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _drain.CancelAsync();
        heartbeat.Drain();
        using var patience = new CancellationTokenSource(options.Value.DrainTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await Task.WhenAll(links.All.Select(link => link.DrainAsync(both.Token)));
        }
        catch (OperationCanceledException)
        {
            LogCut(runtimes.Running);
        }
        await _stop.CancelAsync();
        foreach (var link in links.All)
            link.Close(LinkErrorCode.None, "the node stops");
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _drain.Dispose();
        _stop.Dispose();
    }

    [LoggerMessage(4021, LogLevel.Information, "This is {NodeId}, a node of {Gateway}")]
    private partial void LogJoined(string nodeId, Uri gateway);

    [LoggerMessage(4022, LogLevel.Warning, "{Gateway} cannot be reached yet: {Reason}")]
    private partial void LogUnreachable(Uri gateway, string reason);

    [LoggerMessage(4023, LogLevel.Warning, "Stopping with {Running} requests unfinished")]
    private partial void LogCut(int running);
}
