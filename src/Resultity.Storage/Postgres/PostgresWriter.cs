using System.Data;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <summary>The one writer of this gateway (see <see cref="WriteGroups"/>).</summary>
/// <remarks>
/// Transactions see a snapshot (REPEATABLE READ): one that would change what another gateway has changed since is repeated. Writes whose
/// statements may run in any order beside each other are sent together (see <see cref="PostgresWaves"/>), the others one statement at a time.
/// </remarks>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private readonly WriteGroups _groups = new(most: 256);
    private readonly PostgresTransactions _transactions;
    private readonly Task _running;

    public PostgresWriter(PostgresTransactions transactions)
    {
        _transactions = transactions;
        _running = Task.Run(RunAsync);
    }

    public ValueTask<T> EnqueueAsync<T>(PendingWrite<T> write, CancellationToken cancellation) => _groups.EnqueueAsync(write, cancellation);

    /// <summary>Finishes the writes that are waiting, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _groups.Close();
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _groups.WaitAsync())
        {
            await _groups.CommitAsync(TryCommitAsync);
        }
    }

    private async ValueTask<Exception?> TryCommitAsync(IReadOnlyList<PendingWrite> group) =>
        await _transactions.TryRunAsync(IsolationLevel.RepeatableRead, async (connection, transaction) =>
        {
            var together = group.Where(static write => write.IsStated).ToList();
            if (together.Count > 0)
            {
                await new PostgresWaves(connection.Inner, transaction).RunAsync(together);
            }

            foreach (var write in group.Where(static write => !write.IsStated))
            {
                await write.ApplyAsync(connection, transaction);
            }
        });
}
