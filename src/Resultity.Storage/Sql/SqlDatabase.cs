using System.Data.Common;

namespace Resultity.Storage.Sql;

/// <summary>Where the stores' statements run: what differs between database engines, and nothing else.</summary>
/// <remarks>
/// Safe for concurrent use. The stores' SQL is written for SQLite and PostgreSQL alike; what is not common to both comes from here.
/// A write may read, decide and change what it has read: if another gateway changed that meanwhile, the write is rolled back and called again.
/// </remarks>
internal abstract class SqlDatabase
{
    /// <summary>Reads. Sees every write that returned before it began.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation);

    /// <summary>Writes in a transaction, and returns when it is durable. Writes that wait at the same time may share one commit.</summary>
    /// <param name="write">Does all its work through the connection that it gets, has no other effects, and may be called again after a failure.</param>
    /// <param name="cancellation">Ends the wait to be begun; a write that has begun is finished.</param>
    public abstract ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation);

    /// <summary>Writes like <see cref="WriteAsync"/>, but the statements may run between those of other such writes in the same transaction.</summary>
    /// <remarks>
    /// For writes each of whose statements states all the conditions under which it is right, so that nothing that was read before has to be
    /// true still. A server is then sent the statements of many writes at once, instead of one after the other.
    /// </remarks>
    public virtual ValueTask<T> WriteStatedAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) => WriteAsync(write, cancellation);

    /// <summary>Writes like <see cref="WriteAsync"/>, but shares its transaction with no other write, and each of its statements sees what is committed when it begins.</summary>
    /// <remarks>For statements over many rows that others are at: they state all their conditions, or choose their rows with <see cref="SkipLocked"/>, and are not repeated because of others.</remarks>
    public virtual ValueTask<T> WriteAloneAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) => WriteAsync(write, cancellation);

    /// <summary>The end of a <c>SELECT</c> that takes its rows for this transaction, and passes over those that another has taken.</summary>
    public virtual string SkipLocked => "";
}
