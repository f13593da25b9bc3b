using System.Data;
using System.Data.Common;
using System.Runtime.ExceptionServices;
using Npgsql;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <summary>Runs writes side by side in one transaction: the next statement of each goes to the server with those of all others.</summary>
/// <remarks>
/// A write's first statement is in the first wave, its second in the second: a group takes as many round trips as its longest write has
/// statements, however many writes there are. Each write sees its own statements in order; between them are those of the others.
/// </remarks>
internal sealed class PostgresWaves(NpgsqlConnection connection, NpgsqlTransaction transaction) : StoreConnection(connection)
{
    private readonly Lock _gate = new();
    private List<Statement> _waiting = [];
    private TaskCompletionSource _allWait = NewSignal();
    private int _running;
    private Exception? _failure;

    /// <summary>Runs the writes to their ends.</summary>
    /// <exception cref="Exception">One has failed, and with it all: what the server or the first write said.</exception>
    public async Task RunAsync(IReadOnlyList<PendingWrite> writes)
    {
        _running = writes.Count;
        var all = Task.WhenAll(writes.Select(RunAsync).ToList());
        while (await NextAsync() is { } wave)
        {
            try
            {
                await SendAsync(wave);
            }
#pragma warning disable CA1031 // It belongs to the writes that wait for these statements.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Fail(exception);
                wave.ForEach(statement => statement.Answer.TrySetException(exception));
            }
        }

        await all;
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new Command(this);

    private async Task RunAsync(PendingWrite write)
    {
        try
        {
            await write.ApplyAsync(this, transaction);
        }
#pragma warning disable CA1031 // The first failure is told when all have ended.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }

        lock (_gate)
        {
            _running--;
            SignalIfAllWait();
        }
    }

    private async ValueTask<List<Statement>?> NextAsync()
    {
        await _allWait.Task;
        lock (_gate)
        {
            _allWait = NewSignal();
            var wave = _waiting;
            _waiting = [];
            return wave.Count > 0 ? wave : null;
        }
    }

    private async Task SendAsync(List<Statement> wave)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        wave.ForEach(statement => batch.BatchCommands.Add(statement.Command));
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            // Only statements that give rows have a part in what is read.
            foreach (var statement in wave.Where(static statement => statement.HasRows))
            {
                var rows = new WaveRows(reader);
                statement.Answer.SetResult(rows);
                await rows.WhenRead;
                await reader.NextResultAsync();
            }

            while (await reader.NextResultAsync())
            {
            }
        }

        // What a statement changed is known when all that came before it is read.
        wave.ForEach(static statement => statement.Answer.TrySetResult(null));
    }

    private Task<DbDataReader?> EnqueueAsync(NpgsqlBatchCommand command, bool hasRows)
    {
        var statement = new Statement(command, hasRows);
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                return Task.FromException<DbDataReader?>(failure);
            }

            _waiting.Add(statement);
            SignalIfAllWait();
        }

        return statement.Answer.Task;
    }

    private void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure ??= exception;
        }
    }

    // A write may ask for several statements at once, which sends a wave early and does no harm: those that come later are in the next.
    private void SignalIfAllWait()
    {
        if (_waiting.Count >= _running)
        {
            _allWait.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Statement(NpgsqlBatchCommand Command, bool HasRows)
    {
        public TaskCompletionSource<DbDataReader?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Command(PostgresWaves waves) : StoreCommand(waves)
    {
        private NpgsqlBatchCommand _next = new();

        /// <inheritdoc/>
        protected override DbParameterCollection DbParameterCollection => _next.Parameters;

        /// <inheritdoc/>
        public override async Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken)
        {
            var command = Take();
            await waves.EnqueueAsync(command, hasRows: false);
            return command.RecordsAffected;
        }

        /// <inheritdoc/>
        protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
            (await waves.EnqueueAsync(Take(), hasRows: true))!;

        /// <inheritdoc/>
        protected override DbParameter CreateDbParameter() => new NpgsqlParameter();

        private NpgsqlBatchCommand Take()
        {
            var command = _next;
            command.CommandText = CommandText;
            _next = new NpgsqlBatchCommand();
            return command;
        }
    }
}
