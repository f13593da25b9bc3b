using System.Collections;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Resultity.Storage.Postgres;

/// <summary>The rows of one statement among several that were sent together. Whoever reads them says by disposing of this that the next may.</summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "It is rows; that it reads them is how ADO.NET has it.")]
internal sealed class WaveRows(NpgsqlDataReader all) : DbDataReader
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the rows are read; fails with what the server said instead of a row.</summary>
    public Task WhenRead => _read.Task;

    /// <inheritdoc/>
    public override int Depth => all.Depth;

    /// <inheritdoc/>
    public override int FieldCount => all.FieldCount;

    /// <inheritdoc/>
    public override bool HasRows => all.HasRows;

    /// <inheritdoc/>
    public override bool IsClosed => _read.Task.IsCompleted;

    /// <inheritdoc/>
    public override int RecordsAffected => -1;

    /// <inheritdoc/>
    public override object this[int ordinal] => all[ordinal];

    /// <inheritdoc/>
    public override object this[string name] => all[name];

    /// <inheritdoc/>
    public override async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await all.ReadAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            _read.TrySetException(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task<bool> NextResultAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    /// <inheritdoc/>
    public override bool Read() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override bool NextResult() => false;

    /// <inheritdoc/>
    public override void Close() => _read.TrySetResult();

    /// <inheritdoc/>
    public override bool GetBoolean(int ordinal) => all.GetBoolean(ordinal);

    /// <inheritdoc/>
    public override byte GetByte(int ordinal) => all.GetByte(ordinal);

    /// <inheritdoc/>
    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => all.GetBytes(ordinal, dataOffset, buffer, bufferOffset, length);

    /// <inheritdoc/>
    public override char GetChar(int ordinal) => all.GetChar(ordinal);

    /// <inheritdoc/>
    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => all.GetChars(ordinal, dataOffset, buffer, bufferOffset, length);

    /// <inheritdoc/>
    public override string GetDataTypeName(int ordinal) => all.GetDataTypeName(ordinal);

    /// <inheritdoc/>
    public override DateTime GetDateTime(int ordinal) => all.GetDateTime(ordinal);

    /// <inheritdoc/>
    public override decimal GetDecimal(int ordinal) => all.GetDecimal(ordinal);

    /// <inheritdoc/>
    public override double GetDouble(int ordinal) => all.GetDouble(ordinal);

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Type GetFieldType(int ordinal) => all.GetFieldType(ordinal);

    /// <inheritdoc/>
    public override float GetFloat(int ordinal) => all.GetFloat(ordinal);

    /// <inheritdoc/>
    public override Guid GetGuid(int ordinal) => all.GetGuid(ordinal);

    /// <inheritdoc/>
    public override short GetInt16(int ordinal) => all.GetInt16(ordinal);

    /// <inheritdoc/>
    public override int GetInt32(int ordinal) => all.GetInt32(ordinal);

    /// <inheritdoc/>
    public override long GetInt64(int ordinal) => all.GetInt64(ordinal);

    /// <inheritdoc/>
    public override string GetName(int ordinal) => all.GetName(ordinal);

    /// <inheritdoc/>
    public override int GetOrdinal(string name) => all.GetOrdinal(name);

    /// <inheritdoc/>
    public override string GetString(int ordinal) => all.GetString(ordinal);

    /// <inheritdoc/>
    public override object GetValue(int ordinal) => all.GetValue(ordinal);

    /// <inheritdoc/>
    public override int GetValues(object[] values) => all.GetValues(values);

    /// <inheritdoc/>
    public override bool IsDBNull(int ordinal) => all.IsDBNull(ordinal);
}
