using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;

namespace Resultity.Gateway.Embeddings;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal static class EmbeddingEndpoints
{
    /// <summary>Registers the endpoint's body.</summary>
    public static IServiceCollection AddEmbeddings(this IServiceCollection services) => services.AddSingleton<BodyShape>(EmbeddingBody.Shape);

    /// <summary>Maps the route.</summary>
    public static IEndpointRouteBuilder MapEmbeddings(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(EmbeddingBody.Shape.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, EmbeddingBody.Shape)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Creates embeddings: vectors that stand for texts.") { Body = EmbeddingBody.Shape.Root, Answer = EmbeddingAnswer.Shape });
        return routes;
    }
}
