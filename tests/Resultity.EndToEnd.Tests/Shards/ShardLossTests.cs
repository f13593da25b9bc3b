using System.Diagnostics;
using System.Globalization;
using Resultity.EndToEnd.Tests.Engines;
using Xunit;

namespace Resultity.EndToEnd.Tests.Shards;

/// <summary>Members are killed in the middle of an answer, again and again. <c>RESULTITY_SHARD_KILLS</c> makes it longer; the measure is 50.</summary>
public sealed class ShardLossTests
{
    private const int Some = 25;
    private readonly ITestOutputHelper _output;

    public ShardLossTests(ITestOutputHelper output)
    {
        LlamaServerFixture.Need();
        _output = output;
    }

    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("RESULTITY_SHARD_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 3;

    [Fact]
    public async Task No_answer_is_cut_or_wrong_while_a_spare_can_take_over()
    {
        await using var cluster = await ShardCluster.StartAsync(Some, used: 3, "m1", "m2", "m3", "m4", "m5");
        var whole = await ShardStream.ReadAsync(cluster.Gateway.Http, null);
        Assert.True(whole.IsWhole, whole.Tail);
        var recoveries = new List<double>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var since = 0L;
            var victim = cluster.Used()[kill % 2];
            var answer = await ShardStream.ReadAsync(cluster.Gateway.Http, async () =>
            {
                since = Stopwatch.GetTimestamp();
                if (kill % 2 == 0) cluster.KillEngines(victim);
                else await cluster.KillAsync(victim);
            });
            Assert.Equal(whole.Text, answer.Text);
            Assert.True(answer.IsWhole, answer.Tail);
            Assert.Equal(whole.Usage!.ToJsonString().Split("\"prompt_tokens_details\"")[0], answer.Usage!.ToJsonString().Split("\"prompt_tokens_details\"")[0]);
            recoveries.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
            if (kill % 2 == 1) cluster.Add(victim + "'", Some);
            await cluster.UntilAsync(nodes: 3);
        }

        recoveries.Sort();
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Kills} kills, {recoveries.Count} whole and equal; from the kill to the end of the answer: median {recoveries[recoveries.Count / 2]:0.0} s, longest {recoveries[^1]:0.0} s"));
    }
}
