using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Engines;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Shards;

/// <summary>One model over several nodes, each a process, with the real engines: the same text, and what happens when a part is lost.</summary>
public sealed class ShardTests
{
    /// <summary>Memory that holds some of the model's layers and what computing takes, and not all of them.</summary>
    private const int Some = 25;

    private static readonly string[] Questions = ["What is the capital of England?", "Tell me a long story about a fox.", "Hello! Who are you?"];

    public ShardTests() => LlamaServerFixture.Need();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_model_over_several_nodes_says_what_it_says_on_one(int members)
    {
        await using var alone = await LlamaServerProcess.StartAsync(ShardCluster.ModelFile, "-c", "2048", "-np", "2", "--jinja");
        await using var cluster = await ShardCluster.StartAsync(Some, [.. Enumerable.Range(1, members).Select(static i => $"member{i}")]);

        foreach (var question in Questions)
        {
            var body = $$"""{"model":"{{ShardCluster.Model}}","temperature":0,"max_tokens":120,"messages":[{"role":"user","content":"{{question}}"}]}""";
            var (_, expected) = await LlamaServerFixture.PostAsync(alone.Http, "chat/completions", body);
            var (status, answer) = await LlamaServerFixture.PostAsync(cluster.Gateway.Http, "chat/completions", body);
            Assert.Equal(200, status);
            Assert.Equal((string?)expected["choices"]![0]!["message"]!["content"], (string?)answer["choices"]![0]!["message"]!["content"]);
        }

        var plan = (await cluster.ShardsAsync())!["plan"]!;
        var layers = plan["nodes"]!.AsArray().Select(static node => (int)node!["layers"]!).ToList();
        Assert.Equal(6, layers.Sum());
        Assert.All(layers.Skip(1), static count => Assert.True(count > 0));
        Assert.All(Enumerable.Range(1, members), i => Assert.Single(cluster.EnginesOf($"member{i}")));
    }

    [Fact]
    public async Task A_stream_goes_on_over_the_rest_when_a_members_engine_or_machine_is_lost()
    {
        await using var cluster = await ShardCluster.StartAsync(Some, used: 3, "member1", "member2", "spare", "spare2");
        var whole = await ShardStream.ReadAsync(cluster.Gateway.Http, null);
        Assert.True(whole.IsWhole, whole.Tail);

        var first = await ShardStream.ReadAsync(cluster.Gateway.Http, () =>
        {
            cluster.KillEngines(cluster.Used()[0]);
            return Task.CompletedTask;
        });
        Assert.Equal(whole.Text, first.Text);
        Assert.True(first.IsWhole, first.Tail);

        var second = await ShardStream.ReadAsync(cluster.Gateway.Http, () => cluster.KillAsync(cluster.Used()[0]));
        Assert.Equal(whole.Text, second.Text);
        Assert.True(second.IsWhole, second.Tail);
        Assert.Equal(whole.Usage!["completion_tokens"]!.ToString(), second.Usage!["completion_tokens"]!.ToString());
    }

    [Fact]
    public async Task When_the_rest_does_not_suffice_a_stream_ends_with_an_error_and_the_model_says_why_it_is_away()
    {
        await using var cluster = await ShardCluster.StartAsync(Some, "member1");

        var cut = await ShardStream.ReadAsync(cluster.Gateway.Http, () => cluster.KillAsync("member1"));

        Assert.False(cut.IsWhole);
        Assert.Equal("error", (string?)JsonNode.Parse(cut.Tail)!["finish_reason"]);
        await LlamaServerFixture.UntilAsync(async () => (string?)(await cluster.ShardsAsync())?["state"] == "impossible", "the plan is impossible");
        Assert.Contains("lend", (string?)(await cluster.ShardsAsync())!["reason"], StringComparison.Ordinal);

        cluster.Add("another", Some);
        await cluster.UntilAsync(nodes: 2);
        Assert.True((await ShardStream.ReadAsync(cluster.Gateway.Http, null)).IsWhole);
    }
}
