using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage;

/// <summary>The folder that holds everything a gateway keeps, locked for one process as long as this object lives.</summary>
/// <remarks>The operating system drops the lock when the process ends, however it ends.</remarks>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>The database's file.</summary>
    public string DatabaseFile => System.IO.Path.Combine(Path, "resultity.db");

    /// <summary>The folder of large payloads.</summary>
    public string BlobFolder => System.IO.Path.Combine(Path, "blobs");

    /// <summary>Makes the folder if need be, readable by its owner only, and locks it.</summary>
    /// <exception cref="StorageException">Another process holds the lock, or the folder cannot be written.</exception>
    public static DataFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var lockFile = System.IO.Path.Combine(path, "resultity.lock");
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var held = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(PathOfHolder(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataFolder(path, held);
        }
        catch (IOException exception) when (File.Exists(lockFile))
        {
            throw Refused($"The data folder '{path}' is in use by another process{HolderOf(path)}. Stop that one, or give this one a folder of its own with --data.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"The data folder '{path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static StorageException Refused(string message, Exception inner) =>
        new(message, new Fault(FaultKind.Unavailable, "storage_unavailable", "The gateway's storage is not available."), inner);

    // Beside the locked file, which no other process may open even to read.
    private static string PathOfHolder(string path) => System.IO.Path.Combine(path, "resultity.pid");

    private static string HolderOf(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(PathOfHolder(path)), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? $" (process {id})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
