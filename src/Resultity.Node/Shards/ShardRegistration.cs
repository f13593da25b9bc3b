using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Shards;

/// <summary>Lets a node take part in models that are sharded over several nodes.</summary>
public static class ShardRegistration
{
    /// <summary>Registers the runtime and what the gateway orders of it.</summary>
    public static IServiceCollection AddShards(this IServiceCollection services, ShardOptions options)
    {
        services.AddSingleton(provider => new ShardRuntime(
            options, provider.GetRequiredService<LinkSet>(), provider.GetRequiredService<ChildHost>(), provider.GetRequiredService<Random>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ShardRuntime>>()));
        services.AddSingleton<IRuntime>(static provider => provider.GetRequiredService<ShardRuntime>());
        services.AddSingleton<IFleetRoutes, ShardRoutes>();
        return services;
    }
}
