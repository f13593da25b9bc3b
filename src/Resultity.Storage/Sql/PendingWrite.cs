using System.Data.Common;

namespace Resultity.Storage.Sql;

/// <summary>A write that waits for its turn in a transaction that it may share with others.</summary>
internal abstract class PendingWrite
{
    /// <summary>Whether its statements may run between those of other writes that allow the same; see <see cref="SqlDatabase.WriteStatedAsync"/>.</summary>
    public bool IsStated { get; init; }

    /// <summary>Does the work. May be called again, if the transaction was rolled back.</summary>
    public abstract Task ApplyAsync(DbConnection connection, DbTransaction transaction);

    /// <summary>Says that the transaction was committed.</summary>
    public abstract void Complete();

    /// <summary>Says that the write has failed for good.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A write with a result.</summary>
internal sealed class PendingWrite<T>(Func<DbConnection, DbTransaction, Task<T>> work) : PendingWrite
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _value = default!;

    /// <summary>Ends when the write is durable or has failed.</summary>
    public Task<T> Result => _completion.Task;

    /// <inheritdoc/>
    public override async Task ApplyAsync(DbConnection connection, DbTransaction transaction) => _value = await work(connection, transaction);

    /// <inheritdoc/>
    public override void Complete() => _completion.SetResult(_value);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => _completion.SetException(exception);
}
