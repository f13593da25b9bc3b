using Microsoft.Extensions.DependencyInjection;

namespace Resultity.Storage.Tests;

/// <summary>Stores of one engine on storage of their own, removed with this object.</summary>
public sealed class TestStorage : IAsyncDisposable
{
    private readonly bool _ownsFolder;

    private TestStorage(string folder, bool ownsFolder)
    {
        Folder = folder;
        _ownsFolder = ownsFolder;
        Services = new ServiceCollection().AddSqliteStorage(folder).BuildServiceProvider();
    }

    public string Folder { get; }

    public ServiceProvider Services { get; }

    public static TestStorage Sqlite() => new(Directory.CreateTempSubdirectory("resultity-storage-").FullName, ownsFolder: true);

    public static TestStorage SqliteIn(string folder) => new(folder, ownsFolder: false);

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
