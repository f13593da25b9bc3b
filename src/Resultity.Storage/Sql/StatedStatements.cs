using System.Data.Common;
using Dapper;

namespace Resultity.Storage.Sql;

/// <summary>Statements of a write that are all known at once; see <see cref="SqlDatabase.WriteStatedAsync"/>.</summary>
internal static class StatedStatements
{
    /// <summary>Runs a statement for each of several rows, in order and, on a server, without waiting in between. For stated writes only.</summary>
    /// <returns>How many rows each has changed.</returns>
    public static Task<int[]> ExecuteEachAsync<T>(this DbConnection connection, string sql, IEnumerable<T> rows, DbTransaction transaction)
        where T : class => Task.WhenAll(rows.Select(row => connection.ExecuteAsync(sql, row, transaction)));
}
