using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Serving.Catalog;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Models;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>; an id may have slashes, as <c>owner/model</c>.</summary>
internal static class ModelEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder routes)
    {
        var catalog = routes.ServiceProvider.GetRequiredService<ModelCatalog>();
        var shards = routes.ServiceProvider.GetService<ShardCoordinator>();
        routes.MapGet("/v1/models", (RequestDelegate)(context => ListAsync(context, catalog)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Lists the models that are available now.") { Answer = ModelAnswer.List });
        routes.MapGet("/v1/models/{**id}", (RequestDelegate)(context => GetAsync(context, catalog, shards)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Gets one model.") { Answer = ModelAnswer.One });
        return routes;
    }

    private static Task ListAsync(HttpContext context, ModelCatalog catalog) =>
        JsonAnswer.WriteAsync(context, ModelJson.List(catalog.List(context.Caller)));

    private static Task GetAsync(HttpContext context, ModelCatalog catalog, ShardCoordinator? shards)
    {
        // Kestrel leaves an encoded slash encoded, and some SDKs encode them.
        var id = ((string?)context.GetRouteValue("id") ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return catalog.Find(context.Caller, id) is { } model
            ? JsonAnswer.WriteAsync(context, ModelJson.One(model, shards?.Find(catalog.Resolve(id))))
            : FaultWriter.WriteAsync(context, Fault.NotFound($"The model '{(id.Length <= 128 ? id : id[..128])}' does not exist or you do not have access to it.", "model_not_found", "model"));
    }
}
