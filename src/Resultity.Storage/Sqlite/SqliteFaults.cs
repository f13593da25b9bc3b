using Microsoft.Data.Sqlite;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sqlite;

/// <summary>Says in an operator's words what SQLite's result codes mean (https://sqlite.org/rescode.html).</summary>
internal static class SqliteFaults
{
    private const long LeastRoom = 256 * 1024;

    /// <summary>The exception to throw instead, if the code speaks of the storage and not of a statement.</summary>
    public static StorageException? Explain(SqliteException exception, string file) => exception.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR when exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL || HasNoRoom(file) => Make("storage_full", $"The disk that holds '{file}' is full. Free some space; nothing that was acknowledged is lost.", exception),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB =>
            Damaged(exception.Message, file, exception),
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM =>
            Make("storage_unavailable", $"The database '{file}' cannot be opened for writing ({exception.Message}).", exception),
        SQLitePCL.raw.SQLITE_IOERR =>
            Make("storage_unavailable", $"The disk that holds '{file}' failed ({exception.Message}).", exception),
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED =>
            Make("storage_unavailable", $"The database '{file}' is locked by another program ({exception.Message}).", exception),
        _ => null,
    };

    /// <summary>What is thrown of a database whose pages are not what was written.</summary>
    public static StorageException Damaged(string what, string file, Exception? inner = null) =>
        Make("storage_damaged", $"The database '{file}' is damaged ({what}). Restore it from a backup, or move it away to begin with an empty one.", inner);

    /// <summary>A full disk shows as a failure to write where SQLite did not expect to need room.</summary>
    private static bool HasNoRoom(string file)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(file))!).AvailableFreeSpace < LeastRoom;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static StorageException Make(string code, string message, Exception? inner) =>
        new(message, new Fault(FaultKind.Unavailable, code, "The gateway's storage cannot take this request now.") { RetryAfter = TimeSpan.FromSeconds(30) }, inner);
}
