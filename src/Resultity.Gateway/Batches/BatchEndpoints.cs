using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Hosting;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary><c>/v1/batches</c>.</summary>
internal static class BatchEndpoints
{
    private const string Path = "/v1/batches";

    /// <summary>Registers the parts. The host adds the stores and the durable requests.</summary>
    public static IServiceCollection AddBatches(this IServiceCollection services)
    {
        services.TryAddSingleton<DrainState>();
        services.AddSingleton<IFaultForm, FaultForm>();
        services.AddBatchRunner();
        services.AddSingleton<BatchJson>();
        services.AddSingleton<BatchPatience>();
        services.AddSingleton<BatchHandler>();
        services.AddSingleton<BatchResultHandler>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapBatches(this IEndpointRouteBuilder routes)
    {
        var batches = routes.ServiceProvider.GetRequiredService<BatchHandler>();
        var results = routes.ServiceProvider.GetRequiredService<BatchResultHandler>();
        var keyed = routes.ServiceProvider.GetRequiredService<IdempotentRequests>();
        var limit = routes.ServiceProvider.GetRequiredService<IOptions<GatewayHttpOptions>>().Value.JsonBodyLimit;
        routes.MapPost(Path, keyed.ForJson(batches.CreateAsync, limit)).RequireScope(ApiScopes.Inference)
            .Describe(new("Creates a batch of many requests, from a file or from the body. With `Prefer: wait=N` the results come in the same answer if they are there in time.") { Body = BatchBodies.Create });
        routes.MapGet(Path, (RequestDelegate)batches.ListAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Lists batches, the newest first; takes `after`, `limit` and `order`."));
        routes.MapGet($"{Path}/{{id}}", (RequestDelegate)batches.GetAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Reads a batch: status, counts, usage and how long the rest will take; takes `wait` in seconds."));
        routes.MapPost($"{Path}/{{id}}/cancel", (RequestDelegate)batches.CancelAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Cancels a batch; what is done until then stays and can be fetched."));
        routes.MapPost($"{Path}/{{id}}/retry", keyed.ForJson(batches.RetryAsync, BatchHandler.RetryBodyLimit)).RequireScope(ApiScopes.Inference)
            .Describe(new("Runs the failed requests of a finished batch again, as a new batch.") { Body = BatchBodies.Retry });
        routes.MapGet($"{Path}/{{id}}/results", (RequestDelegate)results.GetAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Reads results, also while the batch runs: as JSON lines, or with `Accept: text/event-stream` as events as they come; takes `after` and `status`.") { Streams = true });
        return routes;
    }
}
