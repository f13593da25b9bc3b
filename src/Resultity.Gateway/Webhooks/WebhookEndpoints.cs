using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;

namespace Resultity.Gateway.Webhooks;

/// <summary><c>/v1/webhooks</c>: who is told when a request, a batch or a response has ended.</summary>
internal static class WebhookEndpoints
{
    private const string Path = "/v1/webhooks";

    /// <summary>Registers the parts; options that the host has registered as an instance are used. The host adds the stores.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.TryAddSingleton<WebhookOptions>();
        services.AddSingleton<WebhookClient>();
        services.AddSingleton<WebhookHandler>();
        services.AddSingleton<IReceiverCheck, ReceiverCheck>();
        services.AddHostedService<WebhookSender>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<WebhookHandler>();
        routes.MapPost(Path, (RequestDelegate)handler.CreateAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Makes a webhook; its secret is in this answer only.") { Body = WebhookHandler.Create });
        routes.MapGet(Path, (RequestDelegate)handler.ListAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Lists webhooks, the newest first; takes `after`, `limit` and `order`."));
        routes.MapGet($"{Path}/{{id}}", (RequestDelegate)handler.GetAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Reads a webhook; `default` stands for the receivers that requests name themselves."));
        routes.MapPost($"{Path}/{{id}}", (RequestDelegate)handler.UpdateAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Changes a webhook.") { Body = WebhookHandler.Update });
        routes.MapDelete($"{Path}/{{id}}", (RequestDelegate)handler.DeleteAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Removes a webhook with its deliveries."));
        routes.MapPost($"{Path}/{{id}}/rotate", (RequestDelegate)handler.RotateAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Gives a webhook a new secret, which is in this answer only; the old one signs as well for a while.") { Body = WebhookHandler.Rotate });
        routes.MapPost($"{Path}/{{id}}/test", (RequestDelegate)handler.TestAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Sends an event of the type webhook.test."));
        routes.MapGet($"{Path}/{{id}}/deliveries", (RequestDelegate)handler.ListDeliveriesAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Lists what was sent and what came of it, the newest first."));
        routes.MapPost($"{Path}/{{id}}/deliveries/{{delivery}}/replay", (RequestDelegate)handler.ReplayAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Sends a delivery again."));
        return routes;
    }
}
