using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cluster;

/// <summary>A PostgreSQL server for the tests of a class.</summary>
public sealed class ClusterFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(static () => PostgresServer.StartAsync());

    /// <summary>Makes an empty database. Skips the test where there is no PostgreSQL.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        RequirePostgres();
        return await (await _server.Value).CreateDatabaseAsync();
    }

    /// <summary>Skips the test where there is no PostgreSQL.</summary>
    public static void RequirePostgres() => Assert.SkipUnless(
        PostgresServer.Programs is not null || PostgresServer.Required, "PostgreSQL is not installed (Debian: apt-get install postgresql); RESULTITY_CI=1 makes this a failure.");

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}
