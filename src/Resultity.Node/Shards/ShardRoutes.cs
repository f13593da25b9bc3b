using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Agent;

namespace Resultity.Node.Shards;

/// <summary>What the gateway orders of a node for sharded models, and the raw streams of their heads.</summary>
internal sealed class ShardRoutes(ShardRuntime shards) : IFleetRoutes
{
    private const int LongestOrder = 256 * 1024;

    public async ValueTask<bool> TryHandleAsync(LinkIncoming incoming)
    {
        switch (incoming)
        {
            case { Method: "CONNECT", Path: FleetPaths.Pipe }:
                await CarryAsync(incoming);
                return true;
            case { Method: "POST", Path: FleetPaths.ShardLease }:
                await ObeyAsync(incoming, FleetJson.Default.LeaseOrder, order => shards.LeaseAsync(order, incoming.Aborted));
                return true;
            case { Method: "POST", Path: FleetPaths.ShardServe }:
                await ObeyAsync(incoming, FleetJson.Default.ServeOrder, shards.ServeAsync);
                return true;
            case { Method: "POST", Path: FleetPaths.ShardStop }:
                await ObeyAsync(incoming, FleetJson.Default.StopOrder, async order =>
                {
                    await shards.StopAsync(order);
                    return null;
                });
                return true;
            case { Method: "POST", Path: FleetPaths.ShardProbe }:
                await DiscardAsync(incoming);
                return true;
            default:
                return false;
        }
    }

    private async ValueTask CarryAsync(LinkIncoming incoming)
    {
        if (incoming.Header(FleetHeaders.Lease) is { } id && shards.FindLease(id) is { } lease)
            await lease.CarryAsync(incoming);
        else
            await incoming.RespondAsync(404, null, default, default);
    }

    private static async ValueTask DiscardAsync(LinkIncoming incoming)
    {
        while (await incoming.ReadAsync(incoming.Aborted) is var read && !read.Ended)
            if (read.Fault is not null)
                return;
        await incoming.RespondAsync(204, null, default, default);
    }

    private static async ValueTask ObeyAsync<T>(LinkIncoming incoming, JsonTypeInfo<T> type, Func<T, Task<string?>> obey)
        where T : class
    {
        var body = await incoming.ReadBodyAsync(LongestOrder, incoming.Aborted);
        if (body.Fault is not null)
            return;
        T? order;
        try
        {
            order = JsonSerializer.Deserialize(body.Memory.Span, type);
        }
        catch (JsonException)
        {
            order = null;
        }
        var refusal = order is null ? "the order can't be read" : await obey(order);
        if (refusal is null)
            await incoming.RespondAsync(204, null, default, default);
        else
            await incoming.RespondAsync(409, "application/json", default, JsonSerializer.SerializeToUtf8Bytes(new OrderRefusal(refusal), FleetJson.Default.OrderRefusal));
    }
}
