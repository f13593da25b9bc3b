using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Resultity.Serving.Sharding;

/// <summary>Registers the coordinator of sharded models.</summary>
/// <remarks>The host adds an <see cref="IShardFleet"/>.</remarks>
public static class ShardingRegistration
{
    /// <summary>Adds the coordinator as a hosted service.</summary>
    public static IServiceCollection AddSharding(this IServiceCollection services)
    {
        services.TryAddSingleton<ShardLeases>();
        services.AddSingleton<ShardCoordinator>();
        services.AddHostedService(static provider => provider.GetRequiredService<ShardCoordinator>());
        return services;
    }
}
