using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/subclouds</c>: parts of the network with nodes, models and features of their own, and who is in them.</summary>
internal sealed class SubcloudEndpoints(SubcloudDirectory subclouds, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/subclouds", ListAsync);
        admin.MapPost("/subclouds", CreateAsync);
        admin.MapGet("/subclouds/{name}", GetAsync);
        admin.MapPost("/subclouds/{name}", UpdateAsync);
        admin.MapDelete("/subclouds/{name}", DeleteAsync);
        admin.MapGet("/subclouds/{name}/nodes", NodesAsync);
        admin.MapPost("/subclouds/{name}/nodes/{id}", AdmitAsync);
        admin.MapDelete("/subclouds/{name}/nodes/{id}", RemoveAsync);
    }

    private Task ListAsync(HttpContext context) =>
        AdminJson.WriteAsync(context, AdminJson.List(subclouds.All.OrderBy(static subcloud => subcloud.Name, StringComparer.Ordinal).Select(ToJson)));

    private Task GetAsync(HttpContext context) =>
        Find(context) is { } subcloud ? AdminJson.WriteAsync(context, ToJson(subcloud)) : NoSuchAsync(context);

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        var name = body.Text("name", Subcloud.LongestName, required: true);
        if (name is not null && !Subcloud.IsName(name))
        {
            await AdminJson.WriteAsync(context, Fault.Invalid("Invalid 'name': expected lower-case letters, digits and hyphens, with no hyphen at either end.", "name"));
            return;
        }

        var made = SubcloudBody.Read(body, new Subcloud { Name = name ?? "", CreatedAt = time.GetUtcNow() });
        if (!made.TryGet(out var subcloud, out var fault) || (fault = await subclouds.AddAsync(subcloud, context.RequestAborted)) is not null)
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        await AdminJson.WriteAsync(context, ToJson(subcloud), StatusCodes.Status201Created);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        using var body = await AdminBody.ReadAsync(context);
        if (Find(context) is not { } before)
        {
            await NoSuchAsync(context);
        }
        else if (!SubcloudBody.Read(body, before).TryGet(out var subcloud, out var fault))
        {
            await AdminJson.WriteAsync(context, fault);
        }
        else if (await subclouds.UpdateAsync(subcloud, context.RequestAborted))
        {
            await AdminJson.WriteAsync(context, ToJson(subcloud));
        }
        else
        {
            await NoSuchAsync(context);
        }
    }

    private async Task DeleteAsync(HttpContext context)
    {
        if (await subclouds.DeleteAsync(NameIn(context), context.RequestAborted)) await AdminJson.WriteAsync(context, AdminJson.Deleted(NameIn(context), "subcloud"));
        else await NoSuchAsync(context);
    }

    private Task NodesAsync(HttpContext context) => Find(context) is { } subcloud
        ? AdminJson.WriteAsync(context, AdminJson.List(subclouds.MembersOf(subcloud).Select(ToJson)))
        : NoSuchAsync(context);

    private async Task AdmitAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (await subclouds.AdmitAsync(NameIn(context), id, MemberOrigin.Operator, context.RequestAborted) && Find(context) is { } subcloud)
        {
            await AdminJson.WriteAsync(context, ToJson(subclouds.MembersOf(subcloud).First(view => view.Member.NodeId == id)));
        }
        else if (Find(context) is null)
        {
            await NoSuchAsync(context);
        }
        else
        {
            await AdminJson.WriteAsync(context, AdminJson.NoSuch("node", id));
        }
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (Find(context) is null) await NoSuchAsync(context);
        else if (await subclouds.RemoveAsync(NameIn(context), id, context.RequestAborted)) await AdminJson.WriteAsync(context, AdminJson.Deleted(id, "subcloud.node"));
        else await AdminJson.WriteAsync(context, AdminJson.NoSuch("node", id));
    }

    private Subcloud? Find(HttpContext context) => subclouds.Find(NameIn(context));

    private static string NameIn(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private static Task NoSuchAsync(HttpContext context) => AdminJson.WriteAsync(context, AdminJson.NoSuch("subcloud", NameIn(context)));

    private JsonObject ToJson(Subcloud subcloud)
    {
        var members = subclouds.MembersOf(subcloud);
        return new JsonObject
        {
            ["id"] = subcloud.Name,
            ["object"] = "subcloud",
            ["name"] = subcloud.Name,
            ["description"] = subcloud.Description,
            ["join"] = SubcloudBody.JoinName(subcloud.Join),
            ["models"] = Texts(subcloud.Models),
            ["region"] = subcloud.Region,
            ["min_memory_bytes"] = subcloud.MinMemoryBytes == 0 ? null : subcloud.MinMemoryBytes,
            ["isolate"] = subcloud.Isolate,
            ["public"] = subcloud.IsPublic,
            ["features"] = Texts(subcloud.Features),
            ["base_url"] = $"{Http.SubcloudPath.Prefix}/{subcloud.Name}/v1",
            ["nodes"] = members.Count(static view => !view.Member.IsPending),
            ["nodes_serving"] = members.Count(static view => view.Unfit is null),
            ["nodes_pending"] = members.Count(static view => view.Member.IsPending),
            ["created_at"] = AdminJson.Time(subcloud.CreatedAt),
        };
    }

    private static JsonObject ToJson(MemberView view) => new()
    {
        ["id"] = view.Member.NodeId,
        ["object"] = "subcloud.node",
        ["subcloud"] = view.Member.Subcloud,
        ["state"] = view.Member.IsPending ? "pending" : "member",
        ["serves"] = view.Unfit is null,
        ["reason"] = view.Unfit,
        ["joined_by"] = view.Member.Origin.ToString().ToLowerInvariant(),
        ["since"] = AdminJson.Time(view.Member.Since),
    };

    private static JsonArray? Texts(IReadOnlyList<string>? texts) => texts is null ? null : new JsonArray([.. texts.Select(static text => (JsonNode)text)]);
}
