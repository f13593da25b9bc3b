using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;

namespace Resultity.Gateway.Admin;

/// <summary>Answers of the admin API.</summary>
internal static class AdminJson
{
    public static async Task WriteAsync(HttpContext context, JsonNode body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        // Some of these bodies hold a secret.
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    public static Task WriteAsync(HttpContext context, Fault fault) => FaultWriter.WriteAsync(context, fault);

    public static JsonObject List(IEnumerable<JsonObject> items, bool hasMore = false)
    {
        var data = new JsonArray([.. items]);
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = data,
            ["first_id"] = data.Count == 0 ? null : data[0]!["id"]?.DeepClone(),
            ["last_id"] = data.Count == 0 ? null : data[^1]!["id"]?.DeepClone(),
            ["has_more"] = hasMore,
        };
    }

    public static JsonObject Deleted(string id, string kind) => new() { ["id"] = id, ["object"] = kind, ["deleted"] = true };

    /// <summary>Unix seconds, or null.</summary>
    public static JsonNode? Time(DateTimeOffset? at) => at is { } instant ? instant.ToUnixTimeSeconds() : null;

    public static Fault NoSuch(string what, string id) => Fault.NotFound($"No {what} has the id '{(id.Length <= 64 ? id : id[..64] + "…")}'.", $"{what.Replace(' ', '_')}_not_found");
}
