using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Jobs;

namespace Resultity.Serving.Idempotency;

/// <summary>Registers what keeps idempotency keys alive. The host adds the stores.</summary>
public static class IdempotencyRegistration
{
    /// <summary>Adds the parts as singletons; options that the host has registered as an instance are used.</summary>
    public static IServiceCollection AddIdempotency(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdempotencyOptions>();
        services.TryAddSingleton<JobOptions>();
        services.AddHostedService<IdempotencyKeeper>();
        return services;
    }
}
