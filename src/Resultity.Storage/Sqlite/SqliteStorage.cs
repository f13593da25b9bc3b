using Resultity.Serving.Stores;
using Resultity.Storage.Blobs;

namespace Resultity.Storage.Sqlite;

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
            return new SqliteStorage(folder, SqliteDatabase.Open(folder.DatabaseFile), new FolderBlobStore(folder.BlobFolder, isShared: false, time));
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
