using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Serving.Admission;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/keys</c>: the API keys of the cloud's users.</summary>
internal sealed class KeyEndpoints(IApiKeyStore store, KeyRing ring, SubcloudDirectory subclouds, TimeProvider time)
{
    private const int LongestName = 100;
    private const int LongestModel = 256;
    private const long LongestLife = 10L * 366 * 86400;

    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/keys", ListAsync);
        admin.MapPost("/keys", CreateAsync);
        admin.MapGet("/keys/{id}", GetAsync);
        admin.MapPost("/keys/{id}/rotate", RotateAsync);
        admin.MapDelete("/keys/{id}", RevokeAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = 100;
        if (query.TryGetValue("limit", out var given) && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > 1000))
        {
            await AdminJson.WriteAsync(context, Fault.Invalid("Invalid 'limit': expected a whole number from 1 to 1000.", "limit"));
            return;
        }

        var after = query["after"].ToString() is { Length: > 0 and <= 64 } id ? id : null;
        var @namespace = query["namespace"].ToString() is { Length: > 0 and <= LongestName } name ? name : null;
        var page = await store.ListAsync(@namespace, new PageQuery(after, limit), context.RequestAborted);
        await AdminJson.WriteAsync(context, AdminJson.List(page.Items.Select(key => ToJson(key)), page.HasMore));
    }

    private async Task GetAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await store.GetAsync(id, context.RequestAborted) is { } key) await AdminJson.WriteAsync(context, ToJson(key));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("key", id));
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        var now = time.GetUtcNow();
        var name = body.Text("name", LongestName, required: true);
        var @namespace = body.Text("namespace", LongestName) ?? "default";
        var life = body.Integer("expires_in_seconds", 1, LongestLife);
        var requests = body.Integer("requests_per_minute", 0, 1_000_000_000) ?? 0;
        var tokens = body.Integer("tokens_per_minute", 0, 1_000_000_000) ?? 0;
        var weight = body.Number("weight", 0.01, 100) ?? 1;
        var models = body.Texts("models", 1000, LongestModel);
        var scopes = body.Texts("scopes", 2, 20) ?? ["inference"];
        var subcloud = body.Text("subcloud", Subcloud.LongestName);
        if (body.Finish() is { } fault || (fault = ScopeFault(scopes, subcloud)) is not null || (fault = NamespaceFault(@namespace)) is not null)
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        var key = new ApiKey
        {
            Id = Id.New(ApiKey.IdPrefix, time),
            Name = name!,
            Namespace = @namespace,
            Scopes = scopes,
            Limits = new RateLimits((int)requests, (int)tokens),
            Weight = weight,
            AllowedModels = models,
            Subcloud = subcloud,
            CreatedAt = now,
            ExpiresAt = life is { } seconds ? now.AddSeconds(seconds) : null,
        };
        var secret = Secret.New(scopes.Contains("admin") ? "ra_" : Secret.ApiKeyPrefix);
        await store.AddAsync(key, Secret.Hash(secret), context.RequestAborted);
        await AdminJson.WriteAsync(context, ToJson(key, secret), StatusCodes.Status201Created);
    }

    private async Task RotateAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        using var body = await AdminBody.ReadAsync(context);
        var grace = body.Integer("grace_seconds", 0, 30L * 86400) ?? 0;
        if (body.Finish() is { } fault)
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        var now = time.GetUtcNow();
        var before = await store.GetAsync(id, context.RequestAborted);
        if (before is null)
        {
            await AdminJson.WriteAsync(context, AdminJson.NoSuch("key", id));
            return;
        }

        var secret = Secret.New(before.Scopes.Contains("admin") ? "ra_" : Secret.ApiKeyPrefix);
        if (!before.IsValidAt(now) || await store.RotateAsync(id, Secret.Hash(secret), now.AddSeconds(grace), context.RequestAborted) is not { } key)
        {
            await AdminJson.WriteAsync(context, new Fault(FaultKind.Conflict, "key_not_valid", "The key is revoked or has expired. Create a new one instead."));
            return;
        }

        ring.Remove(id);
        await AdminJson.WriteAsync(context, ToJson(key, secret));
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var key = await store.RevokeAsync(id, time.GetUtcNow(), context.RequestAborted);
        ring.Remove(id);
        if (key is not null) await AdminJson.WriteAsync(context, ToJson(key));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("key", id));
    }

    private Fault? ScopeFault(IReadOnlyList<string> scopes, string? subcloud) =>
        !scopes.All(scope => scope is "inference" or "admin") ? Fault.Invalid("Invalid 'scopes': expected 'inference' or 'admin'.", "scopes")
        : subcloud is null ? null
        : scopes.Contains("admin") ? Fault.Invalid("A key that is bound to a subcloud cannot have the scope 'admin'.", "scopes")
        : subclouds.Find(subcloud) is null ? Fault.Invalid($"There is no subcloud '{subcloud}'.", "subcloud", "subcloud_not_found")
        : null;

    private static Fault? NamespaceFault(string @namespace) => !@namespace.Contains(SubcloudNamespace.Mark, StringComparison.Ordinal)
        ? null
        : Fault.Invalid($"Invalid 'namespace': it must not contain '{SubcloudNamespace.Mark}', which stands between a namespace and a subcloud.", "namespace");

    private JsonObject ToJson(ApiKey key, string? secret = null)
    {
        var json = new JsonObject
        {
            ["id"] = key.Id,
            ["object"] = "api_key",
            ["name"] = key.Name,
            ["namespace"] = key.Namespace,
            ["state"] = key.RevokedAt is not null ? "revoked" : key.IsValidAt(time.GetUtcNow()) ? "valid" : "expired",
            ["scopes"] = new JsonArray([.. key.Scopes.Select(scope => (JsonNode)scope)]),
            ["requests_per_minute"] = key.Limits.RequestsPerMinute == 0 ? null : key.Limits.RequestsPerMinute,
            ["tokens_per_minute"] = key.Limits.TokensPerMinute == 0 ? null : key.Limits.TokensPerMinute,
            ["weight"] = key.Weight,
            ["subcloud"] = key.Subcloud,
            ["models"] = key.AllowedModels is null ? null : new JsonArray([.. key.AllowedModels.Select(model => (JsonNode)model)]),
            ["created_at"] = AdminJson.Time(key.CreatedAt),
            ["expires_at"] = AdminJson.Time(key.ExpiresAt),
            ["last_used_at"] = AdminJson.Time(key.LastUsedAt),
            ["revoked_at"] = AdminJson.Time(key.RevokedAt),
        };
        if (secret is not null) json["key"] = secret;
        return json;
    }
}
