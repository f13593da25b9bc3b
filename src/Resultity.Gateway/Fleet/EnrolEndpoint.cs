using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;

namespace Resultity.Gateway.Fleet;

/// <summary><c>POST /fleet/v1/enroll</c>: a join token lets a node's key in.</summary>
internal static class EnrolEndpoint
{
    private const int LongestBody = 8 * 1024;

    public static async Task HandleAsync(HttpContext context, NodeRegistry registry, GatewayIdentity identity)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LongestBody;
        EnrolRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, FleetJson.Default.EnrolRequest, context.RequestAborted);
        }
        catch (JsonException)
        {
            request = null;
        }
        var outcome = request is null
            ? Fault.Invalid("The body must be a JSON object with 'join_token', 'public_key', 'name' and 'proof'.", code: "invalid_request")
            : await registry.EnrolAsync(request, context.RequestAborted);
        if (!outcome.TryGet(out var nodeId, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, new EnrolResponse(nodeId, identity.GatewayId), FleetJson.Default.EnrolResponse, context.RequestAborted);
    }
}
