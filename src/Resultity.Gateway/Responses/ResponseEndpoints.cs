using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Gateway.Responses.Background;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Responses;

/// <summary><c>/v1/responses</c>: OpenAI's responses on top of chat completions, so that every chat runtime serves them.</summary>
internal static class ResponseEndpoints
{
    /// <summary>The path that responses are created at.</summary>
    public const string Path = "/v1/responses";

    /// <summary>Registers the parts. The host adds the stores and the durable requests.</summary>
    public static IServiceCollection AddResponses(this IServiceCollection services)
    {
        services.AddOptions<ResponseOptions>();
        services.AddSingleton<ResponseArchive>();
        services.AddSingleton<ResponseIntake>();
        services.AddSingleton<ResponseStart>();
        services.AddSingleton<ResponseStreamDelivery>();
        services.AddSingleton<ResponseHandler>();
        services.AddSingleton<StoredResponseHandler>();
        services.AddSingleton<BackgroundResponses>();
        services.AddSingleton<ResponseFollower>();
        services.AddSingleton<IJobKind, ResponseJobKind>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapResponses(this IEndpointRouteBuilder routes)
    {
        var created = routes.ServiceProvider.GetRequiredService<ResponseHandler>();
        var stored = routes.ServiceProvider.GetRequiredService<StoredResponseHandler>();
        routes.MapPost(Path, (RequestDelegate)created.CreateAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Creates a response: the model's next message or function calls, in a conversation that is kept here if it is stored.") { Body = ResponseBody.Shape.Root, Streams = true });
        routes.MapGet($"{Path}/{{id}}", (RequestDelegate)stored.GetAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Reads a stored response; with `stream=true` the events of one that was made in the background.") { Streams = true });
        routes.MapDelete($"{Path}/{{id}}", (RequestDelegate)stored.DeleteAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Deletes a stored response, and stops it if it is still being made."));
        routes.MapPost($"{Path}/{{id}}/cancel", (RequestDelegate)stored.CancelAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Cancels a response that is being made in the background."));
        routes.MapGet($"{Path}/{{id}}/input_items", (RequestDelegate)stored.ListInputItemsAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Lists the items that a response was made of."));
        return routes;
    }
}
