using Resultity.Storage.Sql;
using Resultity.Storage.Sqlite;
using Xunit;

namespace Resultity.Storage.Tests.Sqlite;

/// <summary>The runner's statements seek in their indexes: a claim must not cost more where the queue is long.</summary>
public sealed class SqliteQueryPlanTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-plan-").FullName;
    private SqliteDatabase _database = null!;

    public ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.Open(Path.Combine(_folder, "plan.db"));
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Lines_are_stepped_through()
    {
        var plan = await PlanAsync(JobTurns.Lines);
        Assert.Contains("jobs_unclaimed (namespace=? AND model>?)", plan, StringComparison.Ordinal);
        Assert.Contains("jobs_unclaimed (namespace>?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_jobs_of_a_line_are_read_in_order()
    {
        var plan = await PlanAsync(JobTurns.First, "@Namespace", "@Model", "@now", "@limit");
        Assert.Contains("jobs_unclaimed (namespace=? AND model=? AND available_at<?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claims_are_found_without_the_jobs_that_wait() =>
        Assert.Contains("jobs_claimed (lease_owner>?)", await PlanAsync(JobTurns.Claims), StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private ValueTask<string> PlanAsync(string sql, params string[] parameters) => _database.ReadAsync(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
        foreach (var name in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, 1L);
            command.Parameters.Add(parameter);
        }

        var plan = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            plan.Add(reader.GetString(3));
        }

        return string.Join('\n', plan);
    }, TestContext.Current.CancellationToken);
}
