using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Sqlite;

/// <summary>A connection that keeps the statements that it has compiled: compiling one costs several times as much as running it.</summary>
/// <remarks>Used by one caller at a time. Owns the connection.</remarks>
internal sealed class SqliteSession(SqliteConnection inner) : StoreConnection(inner)
{
    /// <summary>More than the stores have; lists of many lengths make more, of which the rest are compiled anew.</summary>
    private const int MaxKept = 256;

    private readonly Dictionary<string, SqliteCommand> _kept = new(StringComparer.Ordinal);

    /// <summary>Begins a transaction that may write.</summary>
    public SqliteTransaction BeginWrite() => inner.BeginTransaction(deferred: false);

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new Command(this);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var command in _kept.Values)
            {
                command.Dispose();
            }

            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private SqliteCommand Take(string text) => _kept.Remove(text, out var kept) ? kept : new SqliteCommand(text, inner);

    private void GiveBack(SqliteCommand command)
    {
        command.Parameters.Clear();
        command.Transaction = null;
        if (_kept.Count >= MaxKept || !_kept.TryAdd(command.CommandText, command))
        {
            command.Dispose();
        }
    }

    private sealed class Command(SqliteSession session) : StoreCommand(session)
    {
        private readonly SqliteCommand _draft = new();
        private SqliteCommand? _compiled;

        /// <inheritdoc/>
        protected override DbParameterCollection DbParameterCollection => _draft.Parameters;

        /// <inheritdoc/>
        public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) => Task.FromResult(Ready().ExecuteNonQuery());

        /// <inheritdoc/>
        protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
            Task.FromResult<DbDataReader>(Ready().ExecuteReader(behavior));

        /// <inheritdoc/>
        protected override DbParameter CreateDbParameter() => new SqliteParameter();

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                PutAway();
                _draft.Dispose();
            }

            base.Dispose(disposing);
        }

        private SqliteCommand Ready()
        {
            if (_compiled?.CommandText != CommandText)
            {
                PutAway();
            }

            _compiled ??= session.Take(CommandText);
            _compiled.Transaction = (SqliteTransaction?)Transaction;
            _compiled.Parameters.Clear();
            foreach (SqliteParameter parameter in _draft.Parameters)
            {
                _compiled.Parameters.Add(parameter);
            }

            return _compiled;
        }

        private void PutAway()
        {
            if (_compiled is { } compiled)
            {
                _compiled = null;
                session.GiveBack(compiled);
            }
        }
    }
}
