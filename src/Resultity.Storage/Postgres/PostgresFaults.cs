using Npgsql;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Postgres;

/// <summary>Says in an operator's words what PostgreSQL's error codes mean (https://www.postgresql.org/docs/current/errcodes-appendix.html).</summary>
internal static class PostgresFaults
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfterFull = TimeSpan.FromSeconds(30);

    /// <summary>The exception to throw instead, if it speaks of the storage and not of a statement.</summary>
    /// <param name="exception">What Npgsql threw.</param>
    /// <param name="place">The database's address without its secrets.</param>
    public static StorageException? Explain(NpgsqlException exception, string place) => exception.SqlState switch
    {
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory =>
            Make("storage_full", $"The server of the database {place} has no room left ({exception.Message}). Give it some; nothing that was acknowledged is lost.", exception, RetryAfterFull),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
            Make("storage_damaged", $"The database {place} is damaged ({exception.Message}). Restore it from a backup.", exception, RetryAfterFull),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            Unavailable($"The database {place} refuses the user ({exception.Message}). Check the name, the password and the server's pg_hba.conf.", exception),
        PostgresErrorCodes.InvalidCatalogName =>
            Unavailable($"The server has no database {place}. Make it with: CREATE DATABASE …", exception),
        PostgresErrorCodes.InsufficientPrivilege =>
            Unavailable($"The user has too few rights in the database {place} ({exception.Message}). It has to own the database, or its schema.", exception),
        PostgresErrorCodes.TooManyConnections =>
            Unavailable($"The server of the database {place} has no connection left. Raise its max_connections, or lower the gateways' Maximum Pool Size.", exception),
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            Unavailable($"The database {place} can only be read: it is a standby, or was made read-only.", exception),
        null => Unavailable($"The database {place} is not reachable: {Innermost(exception).Message}", exception),
        { } state when state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal) || state is PostgresErrorCodes.QueryCanceled =>
            Unavailable($"The server of the database {place} is not available ({exception.Message}).", exception),
        { } state when state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("58", StringComparison.Ordinal) =>
            Unavailable($"The server of the database {place} failed ({exception.Message}).", exception),
        { } state when IsConflict(state) => Unavailable($"Other gateways change the same rows of the database {place} again and again ({exception.Message}).", exception),
        _ => null,
    };

    /// <summary>Whether the transaction lost against another one, and has to be repeated.</summary>
    public static bool IsConflict(Exception exception) => exception is PostgresException { SqlState: { } state } && IsConflict(state);

    /// <summary>Whether the connection is of no use any more, which does not mean that a new one would be.</summary>
    public static bool IsBroken(Exception exception) => exception is NpgsqlException and not PostgresException
        || exception is PostgresException { SqlState: { } state } && (state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal));

    private static bool IsConflict(string state) =>
        state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable;

    private static StorageException Unavailable(string message, Exception inner) => Make("storage_unavailable", message, inner, RetryAfter);

    private static StorageException Make(string code, string message, Exception inner, TimeSpan retryAfter) =>
        new(message, new Fault(FaultKind.Unavailable, code, "The gateway's storage cannot take this request now.") { RetryAfter = retryAfter }, inner);

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
