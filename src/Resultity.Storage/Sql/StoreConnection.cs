using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Storage.Sql;

/// <summary>An open connection as the stores see it: it makes commands that run as the engine does best.</summary>
/// <remarks>
/// Dapper treats it like any other connection; in particular it writes lists out (<c>IN (@ids1, @ids2)</c>), which it does not do for a bare
/// connection to PostgreSQL. Opening, closing and transactions belong to whoever made the connection.
/// </remarks>
internal abstract class StoreConnection(DbConnection inner) : DbConnection
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
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();
}
