using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Peers;

namespace Resultity.Serving.Jobs;

/// <summary>Registers durable requests.</summary>
/// <remarks>The host adds the stores, the pipeline and an <see cref="IRequestReader"/>.</remarks>
public static class JobRegistration
{
    /// <summary>Adds the parts as singletons; options that the host has registered as an instance are used.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<JobOptions>();
        services.TryAddSingleton<PeerModels>();
        services.AddSingleton<JobChanges>();
        services.AddSingleton<LiveJobs>();
        services.AddSingleton<JobQueue>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobSweeper>();
        services.AddSingleton<IJobKind, RequestJobKind>();
        services.AddHostedService(static provider => provider.GetRequiredService<JobRunner>());
        services.AddHostedService(static provider => provider.GetRequiredService<JobSweeper>());
        return services;
    }
}
