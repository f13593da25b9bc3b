using System.Text.Json.Nodes;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Http.Shards;

/// <summary>How a model is spread over nodes, as clients and operators see it.</summary>
internal static class ShardJson
{
    public static JsonObject Of(ShardGroupSnapshot group)
    {
        var json = new JsonObject
        {
            ["state"] = group.State.ToString().ToLowerInvariant(),
            ["reason"] = group.Reason,
            ["automatic"] = group.Automatic,
            ["generation"] = group.Generation,
            ["losses"] = group.Losses,
            ["since"] = group.Since.ToUnixTimeSeconds(),
        };
        if (group.LoadSeconds is { } seconds) json["load_seconds"] = Math.Round(seconds, 2);
        if (group.Plan is { } plan) json["plan"] = Of(plan);
        return json;
    }

    public static JsonObject Of(ShardPlan plan)
    {
        var forecast = new JsonObject();
        if (plan.Forecast.TokensPerSecond is { } speed) forecast["tokens_per_second"] = Math.Round(speed, 2);
        if (plan.Forecast.LoadSeconds is { } load) forecast["load_seconds"] = Math.Round(load, 2);
        return new JsonObject
        {
            ["model"] = plan.Model,
            ["context_length"] = plan.ContextLength,
            ["slots"] = plan.Slots,
            ["nodes"] = new JsonArray([.. plan.Parts.Select(part => Of(part, isHead: part == plan.Head))]),
            ["forecast"] = forecast,
        };
    }

    private static JsonObject Of(ShardPart part, bool isHead) => new()
    {
        ["node"] = part.NodeId,
        ["name"] = part.NodeName,
        ["role"] = isHead ? "head" : "member",
        ["layers"] = part.Layers,
        ["first_layer"] = part.Layers == 0 ? null : part.FirstLayer,
        ["last_layer"] = part.Layers == 0 ? null : part.FirstLayer + part.Layers - 1,
        ["memory_bytes"] = part.Bytes,
    };
}
