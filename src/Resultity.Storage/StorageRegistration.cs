using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Serving.Stores;
using Resultity.Storage.Blobs;
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
        services.AddSingleton<IApiKeyStore, SqlApiKeyStore>();
        services.AddSingleton<INodeStore, SqlNodeStore>();
        services.AddSingleton<IResponseStore, SqlResponseStore>();
        services.AddSingleton<IUsageStore, SqlUsageStore>();
        services.AddSingleton<IJobStore, SqlJobStore>();
        return services;
    }
}

/// <summary>An open data folder. Closes the database before it gives up the lock.</summary>
internal sealed class SqliteStorage : IAsyncDisposable, IDisposable
{
    private readonly DataFolder _folder;

    private SqliteStorage(DataFolder folder, SqliteDatabase database, IBlobStore blobs)
    {
        _folder = folder;
        Database = database;
        Blobs = blobs;
    }

    public SqliteDatabase Database { get; }

    public IBlobStore Blobs { get; }

    public static SqliteStorage Open(string path, TimeProvider time)
    {
        var folder = DataFolder.Open(path);
        try
        {
            return new SqliteStorage(folder, SqliteDatabase.Open(folder.DatabaseFile), new FolderBlobStore(folder.BlobFolder, time));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
