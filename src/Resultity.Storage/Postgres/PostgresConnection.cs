using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Resultity.Storage.Postgres;

/// <summary>An open connection as the stores see it.</summary>
/// <remarks>
/// It passes everything on. It is there because Dapper hands lists to an <see cref="NpgsqlConnection"/> as one array, for which the statements
/// would have to say <c>= ANY (@ids)</c>; behind any other type it writes <c>IN (@ids1, @ids2)</c>, as for SQLite.
/// </remarks>
internal sealed class PostgresConnection(NpgsqlConnection inner) : DbConnection
{
    /// <inheritdoc/>
    [AllowNull]
    public override string ConnectionString
    {
        get => inner.ConnectionString;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override string Database => inner.Database;

    /// <inheritdoc/>
    public override string DataSource => inner.DataSource;

    /// <inheritdoc/>
    public override string ServerVersion => inner.ServerVersion;

    /// <inheritdoc/>
    public override ConnectionState State => inner.State;

    /// <inheritdoc/>
    public override void Open() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Close() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new PostgresCommand(this, inner.CreateCommand());

    /// <inheritdoc/>
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();
}
