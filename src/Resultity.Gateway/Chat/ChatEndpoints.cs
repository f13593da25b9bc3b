using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;

namespace Resultity.Gateway.Chat;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatEndpoints
{
    /// <summary>Registers the endpoint's body.</summary>
    public static IServiceCollection AddChat(this IServiceCollection services) => services.AddSingleton<BodyShape>(ChatBody.Shape);

    /// <summary>Maps the route.</summary>
    public static IEndpointRouteBuilder MapChat(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(ChatBody.Shape.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, ChatBody.Shape)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Creates a chat completion: the next message of a conversation.") { Body = ChatBody.Shape.Root, Answer = ChatAnswer.Shape, Streams = true });
        return routes;
    }
}
