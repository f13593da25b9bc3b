using System.Diagnostics;
using Resultity.EndToEnd.Tests.Cluster;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Bench;

/// <summary>A few rounds of the chaos run, whose report over a hundred is in <c>bench/results</c>: nothing acknowledged is lost, recorded twice or billed twice.</summary>
public sealed class ChaosTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Nothing_is_lost_or_done_twice_while_gateways_and_nodes_are_killed(string database)
    {
        if (database == "postgres")
        {
            ClusterFixture.RequirePostgres();
        }

        using var chaos = Process.Start(BuiltProgram.StartInfo(
            BuiltProgram.Find("Resultity.Chaos"), "--rounds", "3", "--database", database, "--clients", "2", "--seed", "3"))!;
        chaos.StandardInput.Close();
        var output = Task.WhenAll(chaos.StandardOutput.ReadToEndAsync(), chaos.StandardError.ReadToEndAsync());
        try
        {
            await chaos.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            chaos.Kill(entireProcessTree: true);
        }

        var report = string.Join('\n', await output);
        Assert.True(chaos.ExitCode == 0, report);
        Assert.Contains("Nothing acknowledged was lost, recorded twice or billed twice.", report, StringComparison.Ordinal);
    }
}
