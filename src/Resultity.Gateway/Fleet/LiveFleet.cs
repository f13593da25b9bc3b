using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Link;
using Resultity.Serving;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Sharding;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Fleet;

/// <summary>The nodes linked to this gateway now: sends them work, and tells the scheduler what becomes of them.</summary>
public sealed partial class LiveFleet : IFleet
{
    private const string Method = "POST";
    private readonly ConcurrentDictionary<string, LiveNode> _nodes = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly IFleetFacts _facts;
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveFleet> _logger;
    private readonly ShardLeases _leases;
    private readonly SubcloudDirectory? _subclouds;
    private bool _draining;

    /// <summary>Makes an empty fleet.</summary>
    public LiveFleet(IFleetFacts facts, ShardLeases leases, IOptions<FleetOptions> options, TimeProvider time, ILogger<LiveFleet> logger, SubcloudDirectory? subclouds = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_facts, _leases, _options, _time, _logger, _subclouds) = (facts, leases, options.Value, time, logger, subclouds);
    }

    /// <summary>Raised after a node that takes part in sharded models reported, or any node went.</summary>
    internal event Action? ShardsChanged;

    /// <summary>Every node that has a link.</summary>
    public IReadOnlyList<NodeSnapshot> Nodes => [.. _nodes.Values.Select(static node => node.Snapshot()).OrderBy(static node => node.Id, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public ValueTask<Outcome<NodeExchange>> SendAsync(string nodeId, WorkOrder order, CancellationToken cancellation)
    {
        if (!_nodes.TryGetValue(nodeId, out var node) || node.Pick() is not { } link)
            return new ValueTask<Outcome<NodeExchange>>(FleetFaults.NotLinked);
        return SendAsync(link, order, cancellation);
    }

    /// <summary>Cuts a node's links at once: its key was revoked.</summary>
    public void Cut(string nodeId)
    {
        if (_nodes.TryGetValue(nodeId, out var node))
            node.Close(LinkErrorCode.Unauthorized, "the node's key was revoked");
    }

    /// <summary>Gives a node nothing new until that is taken back or the node's process ends; what runs on it goes on.</summary>
    /// <returns>Whether the node is linked.</returns>
    public bool Cordon(string nodeId, bool cordoned)
    {
        if (!_nodes.TryGetValue(nodeId, out var node))
            return false;
        node.Cordon(cordoned);
        return true;
    }

    /// <summary>Opens no more streams, waits for those that run, and closes every link.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        lock (_gate)
            _draining = true;
        await Task.WhenAll(_nodes.Values.Select(node => node.DrainAsync(cancellation)));
    }

    /// <summary>Holds a proven link until it ends.</summary>
    internal async Task HoldAsync(EnrolledNode enrolled, LinkProof proof, Stream transport, CancellationToken cancellation)
    {
        var statuses = new NodeStatusHandler(_subclouds);
        var link = new LinkConnection(transport, LinkSide.Acceptor, _options.Link, statuses, _time, _logger);
        await using var owned = link;
        if (!TryJoin(enrolled, proof, link, out var node))
        {
            link.Close(_draining ? LinkErrorCode.Draining : LinkErrorCode.Refused, _draining ? "this gateway is stopping" : "the node holds as many links as it may");
            await link.RunAsync(cancellation);
            return;
        }
        statuses.Node = node;
        statuses.ShardsReported = () => ShardsChanged?.Invoke();
        statuses.Pipe = incoming => PipeRelay.HandleAsync(incoming, node.Id, this, _leases);
        link.SilenceChanged += (_, silent) =>
        {
            if (silent)
                LogSilent(node.Id, node.Name);
            node.Review();
            ShardsChanged?.Invoke();
        };
        link.PeerDraining += _ => node.Review();
        LogLinked(node.Id, node.Name, proof.Transport, proof.Agent);
        try
        {
            var reason = await link.RunAsync(cancellation);
            LogUnlinked(node.Id, node.Name, reason.Code, reason.Message);
        }
        finally
        {
            Leave(node, link);
        }
    }

    /// <summary>Called every second.</summary>
    internal void CheckStatuses()
    {
        foreach (var node in _nodes.Values)
            node.CheckStatus(_options.StatusTimeout);
    }

    /// <summary>A link over which a node can be reached now, or null.</summary>
    internal LinkConnection? LinkOf(string nodeId) => _nodes.TryGetValue(nodeId, out var node) ? node.Pick() : null;

    internal IEnumerable<string> NodeIds => _nodes.Keys;

    private static async ValueTask<Outcome<NodeExchange>> SendAsync(LinkConnection link, WorkOrder order, CancellationToken cancellation)
    {
        var headers = new LinkHeader[order.TraceParent is null ? 3 : 4];
        headers[0] = new LinkHeader("content-type", order.ContentType);
        headers[1] = new LinkHeader(FleetHeaders.Model, order.Model);
        headers[2] = new LinkHeader(FleetHeaders.RequestId, order.RequestId);
        if (order.TraceParent is not null)
            headers[3] = new LinkHeader(FleetHeaders.TraceParent, order.TraceParent);
        LinkExchange exchange;
        try
        {
            exchange = await link.SendAsync(new LinkRequest { Method = Method, Path = order.Endpoint.Path, Headers = headers, Body = order.Body }, cancellation);
        }
        catch (ArgumentException)
        {
            return FleetFaults.TooLarge;
        }
        if (exchange.Status != 0)
            return new LinkNodeExchange(exchange);
        var fault = FleetFaults.Of(exchange.Fault!);
        await exchange.DisposeAsync();
        return fault;
    }

    private bool TryJoin(EnrolledNode enrolled, LinkProof proof, LinkConnection link, out LiveNode node)
    {
        lock (_gate)
        {
            _nodes.TryGetValue(enrolled.Id, out var old);
            node = old is not null && old.Session == proof.Session ? old : new LiveNode(enrolled.Id, enrolled.Name, proof.Session, _facts, _time);
            var joined = !_draining && node.Add(link, _options.MaxLinksPerNode);
            if (!joined)
                return false;
            _nodes[enrolled.Id] = node;
            // The process that held the old links is gone, whether or not its connections have noticed.
            if (old is not null && old != node)
                old.Retire();
            return true;
        }
    }

    private void Leave(LiveNode node, LinkConnection link)
    {
        lock (_gate)
        {
            if (node.Remove(link) && _nodes.TryRemove(KeyValuePair.Create(node.Id, node)))
                _subclouds?.NodeIsGone(node.Id);
        }
        ShardsChanged?.Invoke();
    }
}
