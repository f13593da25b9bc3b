using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Fleet;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/join-tokens</c>: what lets new nodes in.</summary>
internal sealed class JoinTokenEndpoints(INodeStore store, NodeRegistry registry, SubcloudDirectory subclouds, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/join-tokens", ListAsync);
        admin.MapPost("/join-tokens", CreateAsync);
        admin.MapDelete("/join-tokens/{id}", RevokeAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var tokens = await store.ListJoinTokensAsync(context.RequestAborted);
        await AdminJson.WriteAsync(context, AdminJson.List(tokens.Select(token => ToJson(token))));
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        var name = body.Text("name", 100) ?? "";
        var uses = body.Integer("max_uses", 0, 1_000_000) ?? 1;
        var life = body.Integer("expires_in_seconds", 1, 366L * 86400) ?? 86400;
        var subcloud = body.Text("subcloud", Subcloud.LongestName);
        if (body.Finish() is { } fault || (fault = subcloud is not null && subclouds.Find(subcloud) is null ? Fault.Invalid($"There is no subcloud '{subcloud}'.", "subcloud", "subcloud_not_found") : null) is not null)
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        var (token, secret) = await registry.MakeJoinTokenAsync(name, uses == 0 ? null : (int)uses, TimeSpan.FromSeconds(life), subcloud, context.RequestAborted);
        await AdminJson.WriteAsync(context, ToJson(token, secret), StatusCodes.Status201Created);
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await store.DeleteJoinTokenAsync(id, context.RequestAborted)) await AdminJson.WriteAsync(context, AdminJson.Deleted(id, "join_token"));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("join token", id));
    }

    private JsonObject ToJson(JoinToken token, string? secret = null)
    {
        var json = new JsonObject
        {
            ["id"] = token.Id,
            ["object"] = "join_token",
            ["name"] = token.Name,
            ["subcloud"] = token.Subcloud,
            ["state"] = token.ExpiresAt <= time.GetUtcNow() ? "expired" : token.UsesLeft == 0 ? "used" : "valid",
            ["uses_left"] = token.UsesLeft,
            ["created_at"] = AdminJson.Time(token.CreatedAt),
            ["expires_at"] = AdminJson.Time(token.ExpiresAt),
        };
        if (secret is not null) json["token"] = secret;
        return json;
    }
}
