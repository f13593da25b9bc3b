using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Link;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Fleet;

/// <summary>The linked nodes as the coordinator of sharded models sees them, and its orders to them.</summary>
internal sealed class ShardFleet(LiveFleet fleet) : IShardFleet
{
    private const int LongestAnswer = 64 * 1024;

    public event Action? Changed
    {
        add => fleet.ShardsChanged += value;
        remove => fleet.ShardsChanged -= value;
    }

    public IReadOnlyList<ShardNode> Nodes =>
        [.. fleet.Nodes.Where(static node => node is { State: not "silent", Status.Shards: not null })
            .Select(static node => new ShardNode(node.Id, node.Name, node.State == "ready", node.RoundTrip, null, node.Status!.Shards!))];

    public Task<Fault?> LeaseAsync(string nodeId, LeaseOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardLease, order, FleetJson.Default.LeaseOrder, cancellation);

    public Task<Fault?> ServeAsync(string nodeId, ServeOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardServe, order, FleetJson.Default.ServeOrder, cancellation);

    public Task<Fault?> StopAsync(string nodeId, StopOrder order, CancellationToken cancellation) =>
        SendAsync(nodeId, FleetPaths.ShardStop, order, FleetJson.Default.StopOrder, cancellation);

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
