using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Fleet;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/nodes</c>: the machines that compute.</summary>
internal sealed class NodeEndpoints(INodeStore store, LiveFleet fleet, NodeRegistry registry)
{
    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/nodes", ListAsync);
        admin.MapGet("/nodes/{id}", GetAsync);
        admin.MapPost("/nodes/{id}/drain", context => CordonAsync(context, cordoned: true));
        admin.MapPost("/nodes/{id}/resume", context => CordonAsync(context, cordoned: false));
        admin.MapDelete("/nodes/{id}", RevokeAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var live = fleet.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        var nodes = await store.ListAsync(context.RequestAborted);
        await AdminJson.WriteAsync(context, AdminJson.List(nodes.Select(node => ToJson(node, live.GetValueOrDefault(node.Id)))));
    }

    private async Task GetAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await store.GetAsync(id, context.RequestAborted) is { } node) await AdminJson.WriteAsync(context, ToJson(node, fleet.Nodes.FirstOrDefault(live => live.Id == id)));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("node", id));
    }

    private async Task CordonAsync(HttpContext context, bool cordoned)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await store.GetAsync(id, context.RequestAborted) is not { RevokedAt: null } node)
        {
            await AdminJson.WriteAsync(context, AdminJson.NoSuch("node", id));
        }
        else if (!fleet.Cordon(id, cordoned))
        {
            await AdminJson.WriteAsync(context, new Fault(FaultKind.Conflict, "node_away", "The node is not linked now, so it runs nothing."));
        }
        else
        {
            await AdminJson.WriteAsync(context, ToJson(node, fleet.Nodes.FirstOrDefault(live => live.Id == id)));
        }
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await registry.RevokeAsync(id, context.RequestAborted) is { } node) await AdminJson.WriteAsync(context, ToJson(node, null));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("node", id));
    }

    private static JsonObject ToJson(EnrolledNode node, NodeSnapshot? live)
    {
        var json = new JsonObject
        {
            ["id"] = node.Id,
            ["object"] = "node",
            ["name"] = node.Name,
            ["state"] = node.RevokedAt is not null ? "revoked" : live?.State ?? "away",
            ["links"] = live?.Links ?? 0,
            ["in_flight"] = live?.Status?.Running ?? 0,
            ["free_memory_bytes"] = live?.Status?.FreeMemory,
            ["total_memory_bytes"] = live?.Status?.TotalMemory,
            ["round_trip_ms"] = live?.RoundTrip is { } trip ? Math.Round(trip.TotalMilliseconds, 2) : null,
            ["linked_at"] = AdminJson.Time(live?.LinkedAt),
            ["enrolled_at"] = AdminJson.Time(node.EnrolledAt),
            ["last_seen_at"] = AdminJson.Time(node.LastSeenAt),
            ["revoked_at"] = AdminJson.Time(node.RevokedAt),
            ["models"] = new JsonArray([.. (live?.Offers ?? []).Select(Offer)]),
        };
        return json;
    }

    private static JsonObject Offer(ModelOffer offer) => new()
    {
        ["id"] = offer.Model,
        ["state"] = offer.State.ToString().ToLowerInvariant(),
        ["failure"] = offer.Failure,
        ["loading"] = offer.Loading is { } loading ? Loading(loading) : null,
        ["runtime"] = offer.Runtime,
        ["slots"] = offer.Slots,
        ["endpoints"] = new JsonArray([.. offer.Endpoints.Select(endpoint => (JsonNode)endpoint)]),
        ["context_length"] = offer.ContextLength,
        ["digest"] = offer.Digest,
    };

    private static JsonObject Loading(ModelLoading loading) => new()
    {
        ["state"] = loading.State.ToString().ToLowerInvariant(),
        ["progress"] = loading.Progress,
        ["eta_seconds"] = loading.EtaSeconds,
    };
}
