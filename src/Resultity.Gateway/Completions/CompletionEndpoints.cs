using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;

namespace Resultity.Gateway.Completions;

/// <summary><c>POST /v1/completions</c>.</summary>
internal static class CompletionEndpoints
{
    /// <summary>Registers the endpoint's body.</summary>
    public static IServiceCollection AddCompletions(this IServiceCollection services) => services.AddSingleton<BodyShape>(CompletionBody.Shape);

    /// <summary>Maps the route.</summary>
    public static IEndpointRouteBuilder MapCompletions(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(CompletionBody.Shape.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, CompletionBody.Shape)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Creates a completion: the text that follows a prompt.") { Body = CompletionBody.Shape.Root, Answer = CompletionAnswer.Shape, Streams = true });
        return routes;
    }
}
