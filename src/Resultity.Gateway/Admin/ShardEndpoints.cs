using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Gateway.Http.Shards;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/shards</c>: models that are spread over several nodes.</summary>
internal sealed class ShardEndpoints(ShardCoordinator shards)
{
    private const int LongestName = 256;
    private const int MostNodes = 64;

    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/shards", context => AdminJson.WriteAsync(context, AdminJson.List(shards.Groups.Select(ToJson))));
        admin.MapPost("/shards/plan", PlanAsync);
        admin.MapPost("/shards", CreateAsync);
        admin.MapGet("/shards/{**model}", GetAsync);
        admin.MapDelete("/shards/{**model}", RemoveAsync);
    }

    private async Task PlanAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        var wish = Read(body);
        if (body.Finish() is { } fault) await AdminJson.WriteAsync(context, fault);
        else if (!shards.Plan(wish).TryGet(out var plan, out var why)) await AdminJson.WriteAsync(context, why);
        else await AdminJson.WriteAsync(context, ShardJson.Of(plan));
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        var wish = Read(body);
        if (body.Finish() is { } fault)
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        await shards.WantAsync(wish, context.RequestAborted);
        await AdminJson.WriteAsync(context, ToJson(wish), StatusCodes.Status201Created);
    }

    private async Task GetAsync(HttpContext context)
    {
        var model = ModelOf(context);
        if (shards.Find(model) is { } group) await AdminJson.WriteAsync(context, ToJson(group));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("sharded model", model));
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var model = ModelOf(context);
        if (await shards.ForgetAsync(model, context.RequestAborted)) await AdminJson.WriteAsync(context, AdminJson.Deleted(model, "sharded_model"));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("sharded model that was deployed", model));
    }

    private static ShardWish Read(AdminBody body) => new()
    {
        Model = body.Text("model", LongestName, required: true) ?? "",
        Nodes = body.Texts("nodes", MostNodes, LongestName) ?? [],
        MinNodes = (int)(body.Integer("min_nodes", 1, MostNodes) ?? 1),
        ContextLength = (int?)body.Integer("context_length", 64, 10_000_000),
        Slots = (int)(body.Integer("slots", 1, 64) ?? 2),
    };

    private static string ModelOf(HttpContext context) => ((string?)context.Request.RouteValues["model"] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static JsonObject ToJson(ShardGroupSnapshot group)
    {
        var json = ToJson(group.Wish);
        foreach (var (name, value) in ShardJson.Of(group)) json[name] = value?.DeepClone();
        return json;
    }

    private static JsonObject ToJson(ShardWish wish) => new()
    {
        ["id"] = wish.Model,
        ["object"] = "sharded_model",
        ["nodes"] = new JsonArray([.. wish.Nodes.Select(node => (JsonNode)node)]),
        ["min_nodes"] = wish.MinNodes,
        ["context_length"] = wish.ContextLength,
        ["slots"] = wish.Slots,
    };
}
