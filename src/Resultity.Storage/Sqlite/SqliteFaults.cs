using Microsoft.Data.Sqlite;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sqlite;

/// <summary>Says in an operator's words what SQLite's result codes mean (https://sqlite.org/rescode.html).</summary>
internal static class SqliteFaults
{
    /// <summary>The exception to throw instead, if the code speaks of the storage and not of a statement.</summary>
    public static StorageException? Explain(SqliteException exception, string file) => exception.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => Make("storage_full", $"The disk that holds '{file}' is full. Free some space; nothing that was acknowledged is lost.", exception),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB =>
            Make("storage_damaged", $"The database '{file}' is damaged ({exception.Message}). Restore it from a backup, or move it away to begin with an empty one.", exception),
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM =>
            Make("storage_unavailable", $"The database '{file}' cannot be opened for writing ({exception.Message}).", exception),
        SQLitePCL.raw.SQLITE_IOERR =>
            Make("storage_unavailable", $"The disk that holds '{file}' failed ({exception.Message}).", exception),
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED =>
            Make("storage_unavailable", $"The database '{file}' is locked by another program ({exception.Message}).", exception),
        _ => null,
    };

    private static StorageException Make(string code, string message, Exception inner) =>
        new(message, new Fault(FaultKind.Unavailable, code, "The gateway's storage cannot take this request now.") { RetryAfter = TimeSpan.FromSeconds(30) }, inner);
}
