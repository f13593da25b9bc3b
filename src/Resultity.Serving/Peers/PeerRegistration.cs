using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Batches;

namespace Resultity.Serving.Peers;

/// <summary>Registers what gateways that share a storage know of each other.</summary>
public static class PeerRegistration
{
    /// <summary>Adds the parts as singletons. The host adds the stores, the catalogue and the jobs.</summary>
    public static IServiceCollection AddPeers(this IServiceCollection services)
    {
        services.TryAddSingleton<PeerModels>();
        services.TryAddSingleton<LiveBatches>();
        services.AddSingleton<PeerWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<PeerWatch>());
        return services;
    }
}
