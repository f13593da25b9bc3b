using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Admission;
using Resultity.Serving.Catalog;
using Resultity.Serving.Metering;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Subclouds;
using Resultity.Serving.Telemetry;

namespace Resultity.Serving;

/// <summary>Registers the request's life: catalogue, admission, scheduling and pipeline.</summary>
/// <remarks>The host adds an <see cref="IFleet"/> and the stores.</remarks>
public static class ServingRegistration
{
    /// <summary>Adds the parts as singletons; options that the host has registered as instances are used.</summary>
    public static IServiceCollection AddServing(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SchedulingOptions>();
        services.TryAddSingleton<PipelineOptions>();
        services.TryAddSingleton<CatalogOptions>();
        services.AddSingleton<AdmissionControl>();
        services.AddSingleton<UsageMeter>();
        services.AddSingleton<IUsageRecorder>(provider => provider.GetRequiredService<UsageMeter>());
        services.AddHostedService(provider => provider.GetRequiredService<UsageMeter>());
        services.AddSingleton<LedgerWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWatch>());
        services.AddSingleton<Dispatcher>();
        services.AddSingleton(provider => new ServingTelemetry(provider.GetRequiredService<Dispatcher>()));
        services.AddSingleton<IFleetFacts>(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<ISubcloudFacts>(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<SubcloudDirectory>();
        services.AddHostedService(provider => provider.GetRequiredService<SubcloudDirectory>());
        services.AddSingleton<NamedMultimodels>();
        services.AddHostedService<NamedMultimodelsReload>();
        services.AddSingleton(provider => new ModelCatalog(
            provider.GetRequiredService<Dispatcher>(),
            provider.GetRequiredService<CatalogOptions>(),
            provider.GetRequiredService<NamedMultimodels>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new InferencePipeline(
            provider.GetRequiredService<ModelCatalog>(),
            provider.GetRequiredService<AdmissionControl>(),
            provider.GetRequiredService<Dispatcher>(),
            provider.GetRequiredService<IFleet>(),
            provider.GetRequiredService<IUsageRecorder>(),
            provider.GetRequiredService<ServingTelemetry>(),
            provider.GetRequiredService<PipelineOptions>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
