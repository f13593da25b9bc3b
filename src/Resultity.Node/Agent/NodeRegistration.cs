using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Link.Dialling;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Agent;

/// <summary>Puts a node into a host.</summary>
public static class NodeRegistration
{
    /// <summary>Registers the node's agent. Runtimes are whatever is registered as <see cref="Runtimes.IRuntime"/>.</summary>
    public static IServiceCollection AddNode(this IServiceCollection services, Action<NodeOptions> configure)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddOptions<NodeOptions>().Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsRules>();
        services.AddSingleton(static provider => new ChildHost(
            Path.Combine(provider.GetRequiredService<IOptions<NodeOptions>>().Value.Folder, "children"),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<Random>(), provider.GetRequiredService<ILogger<ChildHost>>()));
        services.AddSingleton<NodeIdentity>();
        services.AddSingleton<Membership>();
        services.AddSingleton<LinkDialler>();
        services.AddSingleton<LinkSet>();
        services.AddSingleton<RuntimeSet>();
        services.AddSingleton<WorkHandler>();
        services.AddSingleton<Heartbeat>();
        services.AddTransient<LinkKeeper>();
        services.AddHostedService<NodeAgent>();
        return services;
    }
}
