using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Catalog;
using Resultity.Serving.Files;
using Resultity.Serving.Jobs;
using Resultity.Serving.Metering;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>Registers batches.</summary>
/// <remarks>The host adds the stores, the durable requests, the files, and an <see cref="IFaultForm"/>.</remarks>
public static class BatchRegistration
{
    /// <summary>Adds the parts as singletons; options that the host has registered as an instance are used.</summary>
    public static IServiceCollection AddBatchRunner(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<BatchOptions>();
        services.TryAddSingleton<JobOptions>();
        services.AddFileLibrary();
        services.TryAddSingleton<PeerModels>();
        services.TryAddSingleton<LiveBatches>();
        services.AddSingleton<LineWriter>();
        services.AddSingleton<BatchResults>();
        services.AddSingleton<BatchPressure>();
        services.AddSingleton(static provider => new BatchPace(provider.Get<ModelCatalog>(), provider.Get<BatchPressure>(), provider.Get<BatchOptions>(), provider.Get<TimeProvider>()));
        services.AddSingleton(static provider => new LineRunner(
            provider.GetServices<IJobKind>(), provider.Get<IUsageRecorder>(), provider.Get<LineWriter>(), provider.Get<PeerModels>(), provider.Get<BatchOptions>(), provider.Get<JobOptions>(),
            provider.Get<TimeProvider>(), provider.Get<ILogger<LineRunner>>()));
        services.AddSingleton(static provider => new BatchFiles(provider.Get<IBatchStore>(), provider.Get<IBlobStore>(), provider.Get<FileLibrary>()));
        services.AddSingleton(static provider => new BatchExecution(
            provider.Get<IBatchStore>(), provider.Get<IBlobStore>(), provider.Get<LineRunner>(), provider.Get<BatchPace>(), provider.Get<PeerModels>(), provider.Get<BatchFiles>(),
            provider.Get<BatchOptions>(), provider.Get<JobChanges>(), provider.Get<TimeProvider>(), provider.Get<ILogger<BatchExecution>>()));
        services.AddSingleton(static provider => new BatchRunner(
            provider.Get<IBatchStore>(), provider.Get<IApiKeyStore>(), provider.Get<BatchExecution>(), provider.Get<LiveBatches>(), provider.Get<JobChanges>(),
            provider.Get<PeerModels>(), provider.Get<BatchOptions>(), provider.Get<JobOptions>(), provider.Get<TimeProvider>(), provider.Get<ILogger<BatchRunner>>()));
        services.AddSingleton(static provider => new BatchQueue(
            provider.Get<IBatchStore>(), provider.Get<FileLibrary>(), provider.Get<BatchRunner>(), provider.Get<LiveBatches>(), provider.Get<LineRunner>(),
            provider.Get<JobChanges>(), provider.Get<BatchOptions>(), provider.Get<TimeProvider>()));
        services.AddHostedService(static provider => provider.GetRequiredService<BatchRunner>());
        return services;
    }

    private static T Get<T>(this IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>();
}
