using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Rerank;

/// <summary><c>POST /v1/rerank</c>, which OpenAI lacks, as rerank services have it.</summary>
internal static class RerankEndpoints
{
    private const int MostDocuments = 2048;

    private static readonly ObjectShape Root = new(
    [
        .. MultimodelShapes.Models(),
        new Field("query", new StringShape(1)) { Required = true },
        new Field("documents", new ArrayShape(StringShape.Any, 1, MostDocuments)) { Required = true },
        new Field("top_n", new IntegerShape(1, int.MaxValue).OrNull()),
        new Field("user", SharedShapes.NullableString),
    ]);

    private static readonly ObjectShape Answer = new(
        new Field("object", new EnumShape("list")) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("results", new ArrayShape(new ObjectShape(
            new Field("index", new IntegerShape(0, int.MaxValue)) { Required = true },
            new("relevance_score", new NumberShape(double.MinValue, double.MaxValue)) { Required = true })))
        { Required = true },
        new("usage", SharedShapes.Usage));

    /// <summary>The body's shape; its one rule is that it names a model.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.Rerank, Root, ModelRule.Check, static (in _) => false);

    /// <summary>Registers the endpoint's body.</summary>
    public static IServiceCollection AddRerank(this IServiceCollection services) => services.AddSingleton(Shape);

    /// <summary>Maps the route.</summary>
    public static IEndpointRouteBuilder MapRerank(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(Shape.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, Shape)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Orders documents by how well they answer a query.") { Body = Root, Answer = Answer });
        return routes;
    }
}
