using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Gateway.Fleet;
using Resultity.Gateway.Hosting;
using Resultity.Serving.Catalog;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/status</c>: the gateway at a glance.</summary>
internal sealed class StatusEndpoints(INodeStore store, LiveFleet fleet, ModelCatalog catalog, DrainState drain, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public void Map(IEndpointRouteBuilder admin) => admin.MapGet("/status", GetAsync);

    private async Task GetAsync(HttpContext context)
    {
        var nodes = await store.ListAsync(context.RequestAborted);
        var live = fleet.Nodes;
        var models = catalog.ListAll();
        await AdminJson.WriteAsync(context, new JsonObject
        {
            ["object"] = "status",
            ["state"] = drain.IsDraining ? "stopping" : "ready",
            ["version"] = typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            ["started_at"] = AdminJson.Time(_started),
            ["uptime_seconds"] = (long)(time.GetUtcNow() - _started).TotalSeconds,
            ["nodes"] = new JsonObject
            {
                ["known"] = nodes.Count(node => node.RevokedAt is null),
                ["linked"] = live.Count,
                ["ready"] = live.Count(node => node.State == "ready"),
                ["draining"] = live.Count(node => node.State == "draining"),
            },
            ["requests"] = new JsonObject { ["in_flight"] = drain.InFlight, ["running"] = models.Sum(model => model.Running), ["queued"] = models.Sum(model => model.Waiting) },
            ["models"] = new JsonArray([.. models.Select(Model)]),
        });
    }

    private static JsonObject Model(ModelSnapshot model) => new()
    {
        ["id"] = model.Id,
        ["state"] = model.Ready ? "ready" : "cold",
        ["nodes"] = model.Nodes,
        ["slots"] = model.Slots,
        ["in_flight"] = model.Running,
        ["queued"] = model.Waiting,
    };
}
