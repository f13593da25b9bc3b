using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary><c>GET /openapi.json</c>, and a page to read it at <c>/docs</c>.</summary>
internal static class OpenApiEndpoints
{
    /// <summary>Maps the routes. The document is made at the first request, when all routes are there.</summary>
    public static IEndpointRouteBuilder MapOpenApi(this IEndpointRouteBuilder routes)
    {
        var document = new Lazy<ReadOnlyMemory<byte>>(() => OpenApiDocument.Write(routes.ServiceProvider.GetRequiredService<EndpointDataSource>().Endpoints));
        routes.MapGet("/openapi.json", (RequestDelegate)(context => JsonAnswer.WriteAsync(context, document.Value)));
        routes.MapScalarApiReference("/docs", options => options.WithTitle("Resultity API").WithOpenApiRoutePattern("/openapi.json").DisableDefaultFonts());
        return routes;
    }
}
