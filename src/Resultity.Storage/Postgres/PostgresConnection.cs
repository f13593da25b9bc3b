using System.Data;
using System.Data.Common;
using Npgsql;
using Resultity.Storage.Sql;

namespace Resultity.Storage.Postgres;

/// <summary>A connection whose commands are sent one by one.</summary>
internal sealed class PostgresConnection(NpgsqlConnection inner) : StoreConnection(inner)
{
    /// <summary>The connection itself.</summary>
    public NpgsqlConnection Inner => inner;

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new Command(this);

    private sealed class Command(PostgresConnection connection) : StoreCommand(connection)
    {
        private readonly NpgsqlCommand _inner = connection.Inner.CreateCommand();

        /// <inheritdoc/>
        protected override DbParameterCollection DbParameterCollection => _inner.Parameters;

        /// <inheritdoc/>
        public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) => Ready().ExecuteNonQueryAsync(cancellationToken);

        /// <inheritdoc/>
        protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
            await Ready().ExecuteReaderAsync(behavior, cancellationToken);

        /// <inheritdoc/>
        protected override DbParameter CreateDbParameter() => new NpgsqlParameter();

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private NpgsqlCommand Ready()
        {
            _inner.CommandText = CommandText;
            return _inner;
        }
    }
}
