using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Link;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Fleet;

/// <summary>The linked nodes as the coordinator of sharded models sees them, and its orders to them.</summary>
internal sealed class ShardFleet(LiveFleet fleet, TimeProvider time) : IShardFleet
{
    private const int ProbeBytes = 1024 * 1024;
    private static readonly byte[] Probe = new byte[ProbeBytes];
    private readonly ConcurrentDictionary<string, (DateTimeOffset Linked, long? Speed)> _speeds = new(StringComparer.Ordinal);

    private const int LongestAnswer = 64 * 1024;

    public event Action? Changed
    {
        add => fleet.ShardsChanged += value;
        remove => fleet.ShardsChanged -= value;
    }

    public IReadOnlyList<ShardNode> Nodes
    {
        get
        {
            var nodes = fleet.Nodes.Where(static node => node is { State: not "silent", Status.Shards: not null }).ToList();
            foreach (var id in _speeds.Keys.Where(id => !nodes.Exists(node => node.Id == id)))
                _speeds.TryRemove(id, out _);
            return nodes.ConvertAll(node => new ShardNode(node.Id, node.Name, node.State == "ready", node.RoundTrip, SpeedOf(node), node.Status!.Shards!));
        }
    }

    public Task<Fault?> LeaseAsync(string nodeId, LeaseOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardLease, order, FleetJson.Default.LeaseOrder, cancellation);

    public Task<Fault?> ServeAsync(string nodeId, ServeOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardServe, order, FleetJson.Default.ServeOrder, cancellation);

    public Task<Fault?> StopAsync(string nodeId, StopOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardStop, order, FleetJson.Default.StopOrder, cancellation);

    // Measured once for each time that a member links: a mebibyte, read and thrown away there.
    private long? SpeedOf(NodeSnapshot node)
    {
        if (!node.Status!.Shards!.CanBeMember)
            return null;
        if (_speeds.TryGetValue(node.Id, out var known) && known.Linked == node.LinkedAt)
            return known.Speed;
        _speeds[node.Id] = (node.LinkedAt, null);
        _ = MeasureAsync(node);
        return null;
    }

    private async Task MeasureAsync(NodeSnapshot node)
    {
        if (fleet.LinkOf(node.Id) is not { } link)
            return;
        var since = time.GetTimestamp();
        await using var exchange = await link.SendAsync(new LinkRequest { Path = FleetPaths.ShardProbe, Body = Probe });
        var took = time.GetElapsedTime(since);
        if (exchange.Status is >= 200 and < 300 && took > TimeSpan.Zero)
            _speeds[node.Id] = (node.LinkedAt, (long)(ProbeBytes / took.TotalSeconds));
    }

    private async Task<Fault?> SendAsync<T>(string nodeId, string path, T order, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        if (fleet.LinkOf(nodeId) is not { } link)
            return FleetFaults.NotLinked;
        await using var exchange = await link.SendAsync(new LinkRequest { Path = path, Body = JsonSerializer.SerializeToUtf8Bytes(order, type) }, cancellation);
        if (exchange.Status is >= 200 and < 300)
            return null;
        if (exchange.Status == 0)
            return FleetFaults.Of(exchange.Fault!);
        var reason = await ReasonAsync(exchange, cancellation) ?? $"it answered the order with status {exchange.Status}";
        return new Fault(FaultKind.Unavailable, "order_refused", reason);
    }

    private static async Task<string?> ReasonAsync(LinkExchange exchange, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        while (body.Length < LongestAnswer)
        {
            var read = await exchange.ReadAsync(cancellation);
            body.Write(read.Memory.Span);
            if (read.Ended || read.Fault is not null)
                break;
        }
        try
        {
            return JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), FleetJson.Default.OrderRefusal)?.Reason;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
