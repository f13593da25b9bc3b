using DbUp;
using Npgsql;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Postgres;

/// <summary>Brings the tables to this version's state.</summary>
internal static class PostgresMigration
{
    /// <summary>A number of our own among the database's advisory locks.</summary>
    private const long Lock = 0x5265_7375_6c74;

    private const int PatienceSeconds = 300;

    /// <summary>Runs what is missing. Gateways that start at the same time wait for each other.</summary>
    public static void Run(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, string place)
    {
        using var connection = source.OpenConnection();
        CheckDurability(connection, place);
        Execute(connection, $"SELECT pg_advisory_lock({Lock})");
        try
        {
            Upgrade(settings.ConnectionString, place);
        }
        finally
        {
            Execute(connection, $"SELECT pg_advisory_unlock({Lock})");
        }
    }

    private static void CheckDurability(NpgsqlConnection connection, string place)
    {
        using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);
        if (command.ExecuteScalar() is "off")
        {
            throw new StorageException(
                $"The database {place} has synchronous_commit off, so that a crash of its server would lose what was acknowledged. Turn it on: ALTER DATABASE … SET synchronous_commit = on.",
                new Fault(FaultKind.Unavailable, "storage_unavailable", "The gateway's storage is not available."));
        }
    }

    private static void Upgrade(string connectionString, string place)
    {
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScriptsEmbeddedInAssembly(typeof(PostgresMigration).Assembly, static name => name.Contains(".Migrations.Postgres.", StringComparison.Ordinal))
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw (result.Error as NpgsqlException is { } failure ? PostgresFaults.Explain(failure, place) : null) as Exception
                ?? new InvalidOperationException($"The database's migration '{result.ErrorScript?.Name}' failed: {result.Error?.Message}", result.Error);
        }
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = PatienceSeconds };
        command.ExecuteNonQuery();
    }
}
