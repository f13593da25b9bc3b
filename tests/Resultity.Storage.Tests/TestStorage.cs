using Microsoft.Extensions.DependencyInjection;

namespace Resultity.Storage.Tests;

/// <summary>Stores of one engine on storage of their own, removed with this object.</summary>
public sealed class TestStorage : IAsyncDisposable
{
    private readonly bool _ownsFolder;
    private readonly Lazy<ServiceProvider> _services;

    private TestStorage(string folder, bool ownsFolder, Action<IServiceCollection, string> add)
    {
        Folder = folder;
        _ownsFolder = ownsFolder;
        _services = new(() =>
        {
            var services = new ServiceCollection();
            add(services, folder);
            return services.BuildServiceProvider();
        });
    }

    public string Folder { get; }

    public ServiceProvider Services => _services.Value;

    public static TestStorage Sqlite() => new(NewFolder(), ownsFolder: true, static (services, folder) => services.AddSqliteStorage(folder));

    public static TestStorage SqliteIn(string folder) => new(folder, ownsFolder: false, static (services, folder) => services.AddSqliteStorage(folder));

    /// <summary>A database of its own on the tests' server.</summary>
    public static TestStorage Postgres(PostgresFixture server) => PostgresOn(server.NewDatabase());

    /// <summary>A gateway's storage on a database that there is.</summary>
    public static TestStorage PostgresOn(string database) =>
        new(NewFolder(), ownsFolder: true, (services, folder) => services.AddPostgresStorage(database, folder));

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        if (_services.IsValueCreated)
        {
            await Services.DisposeAsync();
        }

        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("resultity-storage-").FullName;
}
