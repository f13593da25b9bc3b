using System.Data;
using Npgsql;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Postgres;

/// <summary>Runs transactions, and repeats those that lost against others or whose connection had died before they began.</summary>
internal sealed class PostgresTransactions(NpgsqlDataSource source, string place, TimeProvider time)
{
    private const int MaxConflicts = 12;
    private static readonly TimeSpan ConflictPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan MaxConflictPause = TimeSpan.FromMilliseconds(100);

    private long _commits;

    /// <summary>How many transactions were committed.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Runs one transaction until it is durable.</summary>
    /// <returns><see langword="null"/>, or why it was given up; then nothing of it is in the database, unless <see cref="StorageException.IsOutcomeUnknown"/> says that nobody knows.</returns>
    public async Task<Exception?> TryRunAsync(IsolationLevel isolation, Func<PostgresConnection, NpgsqlTransaction, Task> work)
    {
        var isFresh = false;
        var isSecond = false;
        for (var conflicts = 0; ;)
        {
            var isCommitting = false;
            try
            {
                await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
                await using var transaction = await connection.BeginTransactionAsync(isolation, CancellationToken.None);
                await work(new PostgresConnection(connection), transaction);
                isCommitting = true;
                await transaction.CommitAsync(CancellationToken.None);
                Interlocked.Increment(ref _commits);
                return null;
            }
            catch (NpgsqlException exception) when (PostgresFaults.IsConflict(exception) && ++conflicts < MaxConflicts)
            {
                await Task.Delay(PauseAfter(conflicts), time);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation && !isSecond)
            {
                // Another gateway may have added the row since the snapshot; now it is seen.
                isSecond = true;
            }
            catch (NpgsqlException exception) when (!isCommitting && !isFresh && PostgresFaults.IsBroken(exception))
            {
                // The server went away and may be back: connections from before do not know.
                source.Clear();
                isFresh = true;
            }
            catch (NpgsqlException exception) when (PostgresFaults.Explain(exception, place) is { } explained)
            {
                return isCommitting && PostgresFaults.IsBroken(exception) ? explained.WithOutcomeUnknown() : explained;
            }
#pragma warning disable CA1031 // Whatever a write throws belongs to whoever waits for it; the writer goes on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return exception;
            }
        }
    }

    private static TimeSpan PauseAfter(int conflicts)
    {
        var most = Math.Min(ConflictPause.TotalMilliseconds * Math.Pow(2, conflicts - 1), MaxConflictPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(most * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
