using Resultity.Serving.Stores;
using Resultity.Storage.Blobs;

namespace Resultity.Storage.Postgres;

/// <summary>A database and this gateway's own folder. Closes the database before it gives up the folder's lock.</summary>
internal sealed class PostgresStorage : IAsyncDisposable, IDisposable
{
    private readonly DataFolder _folder;

    private PostgresStorage(DataFolder folder, PostgresDatabase database, IBlobStore blobs)
    {
        _folder = folder;
        Database = database;
        Blobs = blobs;
    }

    public PostgresDatabase Database { get; }

    public IBlobStore Blobs { get; }

    public static PostgresStorage Open(string database, string dataFolder, string? blobFolder, TimeProvider time)
    {
        var folder = DataFolder.Open(dataFolder);
        try
        {
            var blobs = new FolderBlobStore(blobFolder ?? folder.BlobFolder, isShared: true, time);
            return new PostgresStorage(folder, PostgresDatabase.Open(database, time), blobs);
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
