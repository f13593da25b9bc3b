using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Stores;
using Resultity.Storage.Postgres;
using Resultity.Storage.Sql;
using Resultity.Storage.Sqlite;

namespace Resultity.Storage;

/// <summary>Adds the stores to a host.</summary>
public static class StorageRegistration
{
    /// <summary>Keeps everything in one folder of this machine: a SQLite file and large payloads beside it.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="dataFolder">The folder; made if there is none. One process at a time can use it.</param>
    /// <remarks>
    /// The folder is opened when the first store is asked for, which throws a <see cref="StorageException"/> with an operator's explanation
    /// where it cannot be used. It is closed with the host, after the writes that are waiting.
    /// </remarks>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, string dataFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SqliteStorage.Open(dataFolder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SqlDatabase>(static provider => provider.GetRequiredService<SqliteStorage>().Database);
        services.AddSingleton<IBlobStore>(static provider => provider.GetRequiredService<SqliteStorage>().Blobs);
        services.AddSingleton<IGatewayStore, LoneGateway>();
        services.AddSingleton<IGatewaySignals, NoGatewaySignals>();
        return services.AddStores();
    }

    /// <summary>Keeps everything in a PostgreSQL database and large payloads in a folder; other gateways may share both.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="database">The database: <c>postgres://user:password@host:port/database</c>, or Npgsql's <c>Host=…;Database=…</c>. It has to exist; its tables are made.</param>
    /// <param name="dataFolder">The folder of what is this gateway's own; made if there is none. One process at a time can use it.</param>
    /// <param name="blobFolder">The folder of large payloads, which all gateways of the database share; <see langword="null"/> puts it into the data folder, where only one gateway finds it.</param>
    /// <remarks>
    /// The database is opened when the first store is asked for, which throws a <see cref="StorageException"/> with an operator's explanation
    /// where it cannot be used. It is closed with the host, after the writes that are waiting.
    /// </remarks>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, string database, string dataFolder, string? blobFolder = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => PostgresStorage.Open(database, dataFolder, blobFolder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => provider.GetRequiredService<PostgresStorage>().Database);
        services.AddSingleton<SqlDatabase>(static provider => provider.GetRequiredService<PostgresStorage>().Database);
        services.AddSingleton<IBlobStore>(static provider => provider.GetRequiredService<PostgresStorage>().Blobs);
        services.AddSingleton<IGatewayStore, PostgresGatewayStore>();
        services.AddSingleton<IGatewaySignals, PostgresSignals>();
        return services.AddStores();
    }

    private static IServiceCollection AddStores(this IServiceCollection services)
    {
        services.AddSingleton<IApiKeyStore, SqlApiKeyStore>();
        services.AddSingleton<INodeStore, SqlNodeStore>();
        services.AddSingleton<ISubcloudStore, SqlSubcloudStore>();
        services.AddSingleton<IMultimodelStore, SqlMultimodelStore>();
        services.AddSingleton<IResponseStore, SqlResponseStore>();
        services.AddSingleton<IUsageStore, SqlUsageStore>();
        services.AddSingleton<IJobStore, SqlJobStore>();
        services.AddSingleton<IShardStore, SqlShardStore>();
        services.AddSingleton<IFileStore, SqlFileStore>();
        services.AddSingleton<IUploadStore, SqlUploadStore>();
        services.AddSingleton<IBatchStore, SqlBatchStore>();
        services.AddSingleton<IIdempotencyStore, SqlIdempotencyStore>();
        services.AddSingleton<IWebhookStore, SqlWebhookStore>();
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IWebhookStore>());
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IResponseStore>());
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IIdempotencyStore>());
        services.AddSingleton<IBlobOwner>(static provider => provider.GetRequiredService<IIdempotencyStore>());
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IFileStore>());
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IUploadStore>());
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IBatchStore>());
        services.AddSingleton<IBlobOwner>(static provider => provider.GetRequiredService<IJobStore>());
        services.AddSingleton<IBlobOwner>(static provider => provider.GetRequiredService<IFileStore>());
        services.AddSingleton<IBlobOwner>(static provider => provider.GetRequiredService<IUploadStore>());
        services.AddSingleton<IBlobOwner>(static provider => provider.GetRequiredService<IBatchStore>());
        return services;
    }
}
