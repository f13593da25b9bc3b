using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Contracts.Fleet;
using Resultity.Serving;
using Resultity.Serving.Sharding;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Fleet;

/// <summary>Puts the fleet into a gateway.</summary>
public static class FleetRegistration
{
    /// <summary>Registers <see cref="IFleet"/> over links. Needs an <c>IFleetFacts</c> and an <c>INodeStore</c>.</summary>
    public static IServiceCollection AddFleet(this IServiceCollection services, Action<FleetOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<FleetOptions>();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton<IGatewaySignals, NoGatewaySignals>();
        services.AddSingleton<GatewayIdentity>();
        services.AddSingleton<LiveFleet>();
        services.AddSingleton<IFleet>(static provider => provider.GetRequiredService<LiveFleet>());
        services.TryAddSingleton<ShardLeases>();
        services.AddSingleton<IShardFleet, ShardFleet>();
        services.AddSingleton<NodeRegistry>();
        services.AddSingleton<LinkEndpoint>();
        services.AddHostedService<FleetClock>();
        return services;
    }

    /// <summary>Maps the routes for nodes. They need no API key: a join token or a node's key proves itself.</summary>
    public static void MapFleet(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapPost(FleetPaths.Enroll, static (HttpContext context) => EnrolEndpoint.HandleAsync(
            context, context.RequestServices.GetRequiredService<NodeRegistry>(), context.RequestServices.GetRequiredService<GatewayIdentity>()));
        var link = routes.CreateApplicationBuilder();
        link.UseWebSockets();
        link.Run(static context => context.RequestServices.GetRequiredService<LinkEndpoint>().HandleAsync(context));
        routes.MapGet(FleetPaths.Link, link.Build());
    }
}
