using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Storage.Sql;

/// <summary>A command of a <see cref="StoreConnection"/>. It is run by its asynchronous methods only, and may be run again with other parameters.</summary>
internal abstract class StoreCommand(StoreConnection connection) : DbCommand
{
    /// <inheritdoc/>
    [AllowNull]
    public override string CommandText { get; set; } = "";

    /// <inheritdoc/>
    public override int CommandTimeout { get; set; }

    /// <inheritdoc/>
    public override CommandType CommandType { get; set; } = CommandType.Text;

    /// <inheritdoc/>
    public override bool DesignTimeVisible { get; set; }

    /// <inheritdoc/>
    public override UpdateRowSource UpdatedRowSource { get; set; }

    /// <inheritdoc/>
    protected override DbConnection? DbConnection
    {
        get => connection;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    protected override DbTransaction? DbTransaction { get; set; }

    /// <inheritdoc/>
    public override async Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken)
    {
        await using var reader = await ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetValue(0) : null;
    }

    /// <inheritdoc/>
    public override void Prepare()
    {
        // Each engine prepares what comes again by itself.
    }

    /// <inheritdoc/>
    public override void Cancel() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int ExecuteNonQuery() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override object ExecuteScalar() => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => throw new NotSupportedException();
}
