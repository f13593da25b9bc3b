using Resultity.Storage.Tests;
using Resultity.TestKit.Processes;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Resultity.Storage.Tests;

/// <summary>One PostgreSQL server for all tests of this assembly that want one, started with the first of them.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    // Away from the tests' own threads, which wait for it.
    private readonly Lazy<Task<PostgresServer>> _server = new(static () => Task.Run(() => PostgresServer.StartAsync()));

    /// <summary>The server. Skips the test where there is no PostgreSQL.</summary>
    public PostgresServer Server
    {
        get
        {
            if (PostgresServer.Programs is null && !PostgresServer.Required)
            {
                Assert.Skip("PostgreSQL is not installed (Debian: apt-get install postgresql); RESULTITY_CI=1 makes this a failure.");
            }

            return _server.Value.GetAwaiter().GetResult();
        }
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its address.</returns>
    public string NewDatabase() => Task.Run(Server.CreateDatabaseAsync).GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
