using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Stores;
using Resultity.Storage.Blobs;
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
        return services.AddStores();
    }

    /// <summary>Keeps everything in a PostgreSQL database and large payloads in a folder; other gateways may share both.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="database">The database: <c>postgres://user:password@host:port/database</c>, or Npgsql's <c>Host=…;Database=…</c>. It has to exist; its tables are made.</param>
    /// <param name="blobFolder">The folder, which all gateways of the database reach under their own paths; made if there is none.</param>
    /// <remarks>
    /// The database is opened when the first store is asked for, which throws a <see cref="StorageException"/> with an operator's explanation
    /// where it cannot be used. It is closed with the host, after the writes that are waiting.
    /// </remarks>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, string database, string blobFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => PostgresDatabase.Open(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SqlDatabase>(static provider => provider.GetRequiredService<PostgresDatabase>());
        services.AddSingleton<IBlobStore>(provider => new FolderBlobStore(blobFolder, isShared: true, provider.GetRequiredService<TimeProvider>()));
        return services.AddStores();
    }

    private static IServiceCollection AddStores(this IServiceCollection services)
    {
        services.AddSingleton<IApiKeyStore, SqlApiKeyStore>();
        services.AddSingleton<INodeStore, SqlNodeStore>();
        services.AddSingleton<ISubcloudStore, SqlSubcloudStore>();
        services.AddSingleton<IResponseStore, SqlResponseStore>();
        services.AddSingleton<IUsageStore, SqlUsageStore>();
        services.AddSingleton<IJobStore, SqlJobStore>();
        services.AddSingleton<IFileStore, SqlFileStore>();
        services.AddSingleton<IUploadStore, SqlUploadStore>();
        services.AddSingleton<IBatchStore, SqlBatchStore>();
        services.AddSingleton<IExpiring>(static provider => provider.GetRequiredService<IResponseStore>());
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
