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

namespace Resultity.Gateway.Moderations;

/// <summary><c>POST /v1/moderations</c>.</summary>
internal static class ModerationEndpoints
{
    private const int MostInputs = 256;

    private static readonly TaggedShape Part = new(
        "type",
        new Case("text", new ObjectShape(new Field("type", new EnumShape("text")) { Required = true }, new("text", StringShape.Any) { Required = true })),
        new Case("image_url", new ObjectShape(
            new Field("type", new EnumShape("image_url")) { Required = true },
            new("image_url", new ObjectShape(new Field("url", StringShape.Any) { Required = true })) { Required = true })));

    private static readonly ObjectShape Root = new(
    [
        SharedShapes.OptionalModel(),
        .. MultimodelShapes.Several(),
        new Field("input", new UnionShape([StringShape.Any, new ArrayShape(StringShape.Any, 1, MostInputs), new ArrayShape(Part, 1, MostInputs)])) { Required = true },
        new Field("user", SharedShapes.NullableString),
    ]);

    private static readonly ObjectShape Answer = new(
        new Field("id", StringShape.Any) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("results", new ArrayShape(new ObjectShape(
            new Field("flagged", BoolShape.Instance) { Required = true },
            new("categories", new MapShape(BoolShape.Instance)) { Required = true },
            new("category_scores", new MapShape(new NumberShape(0, 1))) { Required = true },
            new("category_applied_input_types", new MapShape(new ArrayShape(StringShape.Any))) { Required = true })))
        { Required = true });

    /// <summary>The body's shape; it has no rules between fields.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.Moderations, Root, static (ref _) => true, static (in _) => false);

    /// <summary>Registers the endpoint's body.</summary>
    public static IServiceCollection AddModerations(this IServiceCollection services) => services.AddSingleton(Shape);

    /// <summary>Maps the route.</summary>
    public static IEndpointRouteBuilder MapModerations(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(Shape.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, Shape)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Says whether texts are harmful, and in which way.") { Body = Root, Answer = Answer });
        return routes;
    }
}
