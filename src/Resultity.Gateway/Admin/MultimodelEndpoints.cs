using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/multimodels</c>: several models that clients ask by one name.</summary>
internal sealed class MultimodelEndpoints(IMultimodelStore store, NamedMultimodels named, TimeProvider time)
{
    private const int Limit = 64 * 1024;

    private static readonly ObjectShape Body = new(
    [
        new Field("name", new StringShape(1, 100) { Characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-" }) { Required = true },
        .. MultimodelShapes.Fields(),
    ]);

    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/multimodels", ListAsync);
        admin.MapPost("/multimodels", PutAsync);
        admin.MapDelete("/multimodels/{**name}", DeleteAsync);
    }

    private async Task ListAsync(HttpContext context) =>
        await AdminJson.WriteAsync(context, AdminJson.List((await store.ListAsync(context.RequestAborted)).Select(ToJson)));

    private async Task PutAsync(HttpContext context)
    {
        if (!(await JsonBodyReader.ReadAsync(context, Limit)).TryGet(out var body, out var fault))
        {
            await AdminJson.WriteAsync(context, fault);
            return;
        }

        using (body)
        {
            if (!Read(body.Memory.Span).TryGet(out var multimodel, out fault))
            {
                await AdminJson.WriteAsync(context, fault);
                return;
            }

            await store.PutAsync(multimodel, context.RequestAborted);
            await NamedMultimodelsReload.ReloadAsync(store, named, CancellationToken.None);
            await AdminJson.WriteAsync(context, ToJson(multimodel), StatusCodes.Status201Created);
        }
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var name = ((string)context.Request.RouteValues["name"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (!await store.DeleteAsync(name, context.RequestAborted))
        {
            await AdminJson.WriteAsync(context, AdminJson.NoSuch("multimodel", name));
            return;
        }

        await NamedMultimodelsReload.ReloadAsync(store, named, CancellationToken.None);
        await AdminJson.WriteAsync(context, AdminJson.Deleted(name, "multimodel"));
    }

    private Outcome<StoredMultimodel> Read(ReadOnlySpan<byte> body)
    {
        if (BodyScan.Check(body, Body) is { } wrong)
        {
            return wrong;
        }

        if (!SpecReader.ReadMultimodel(body, "", "").TryGet(out var spec, out var fault) || (fault = NamedMultimodels.Check(spec)) is not null)
        {
            return fault;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            SpecWriter.Write(writer, spec);
        }

        return new StoredMultimodel(JsonElement.Parse(body).GetProperty("name").GetString()!, Encoding.UTF8.GetString(buffer.ToArray()), time.GetUtcNow());
    }

    private static JsonObject ToJson(StoredMultimodel multimodel) => new()
    {
        ["id"] = multimodel.Name,
        ["object"] = "multimodel",
        ["created_at"] = AdminJson.Time(multimodel.CreatedAt),
        ["multimodel"] = JsonNode.Parse(multimodel.Spec),
    };
}
