using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Hosting;
using Resultity.Gateway.Http.Inference;

namespace Resultity.Gateway.Requests;

/// <summary><c>/v1/requests</c>: requests whose answers are fetched later.</summary>
internal static class RequestEndpoints
{
    /// <summary>The list's path.</summary>
    public const string Path = "/v1/requests";

    /// <summary>Registers the parts. The host adds the durable requests and the stores.</summary>
    public static IServiceCollection AddRequests(this IServiceCollection services)
    {
        services.TryAddSingleton<DrainState>();
        services.AddSingleton<LongPoll>();
        services.AddSingleton<RequestAnswer>();
        services.AddSingleton<RequestJson>();
        services.AddSingleton<RequestHandler>();
        services.AddSingleton<RequestEvents>();
        services.AddSingleton<IPollingSubmission, PollingSubmission>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapRequests(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<RequestHandler>();
        var events = routes.ServiceProvider.GetRequiredService<RequestEvents>();
        routes.MapGet(Path, (RequestDelegate)handler.ListAsync).RequireScope(ApiScopes.Inference);
        routes.MapGet($"{Path}/{{id}}", (RequestDelegate)handler.GetAsync).RequireScope(ApiScopes.Inference);
        routes.MapDelete($"{Path}/{{id}}", (RequestDelegate)handler.DeleteAsync).RequireScope(ApiScopes.Inference);
        routes.MapGet($"{Path}/{{id}}/response", (RequestDelegate)handler.AnswerAsync).RequireScope(ApiScopes.Inference);
        routes.MapGet($"{Path}/{{id}}/events", (RequestDelegate)events.FollowAsync).RequireScope(ApiScopes.Inference);
        routes.MapPost($"{Path}/{{id}}/cancel", (RequestDelegate)handler.CancelAsync).RequireScope(ApiScopes.Inference);
        return routes;
    }
}
