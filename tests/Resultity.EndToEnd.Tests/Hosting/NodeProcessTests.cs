using System.Diagnostics;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Hosting;

/// <summary>Gateway and node as processes of their own, joined by a token.</summary>
public sealed class NodeProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_node_joins_with_a_token_and_serves()
    {
        await using var gateway = await Installation.StartAsync("gateway");
        await using var node = await JoinAsync(gateway, Directory.CreateTempSubdirectory("resultity-node-").FullName, await TokenAsync(gateway), "--builtin", "always");
        await UntilServedAsync(gateway);
        var answer = await UpTests.ChatAsync(gateway.Http, "resultity-mini-chat", "Hello! Who are you?");
        Assert.NotEmpty((string)answer["choices"]![0]!["message"]!["content"]!);
        var listed = (await gateway.AdminAsync("admin/v1/nodes"))["data"]![0]!;
        Assert.Equal("test-node", (string?)listed["name"]);
        Assert.Equal("ready", (string?)listed["state"]);
    }

    [Fact]
    public async Task A_wrong_token_is_explained()
    {
        await using var gateway = await Installation.StartAsync("gateway");
        await using var node = await JoinAsync(gateway, Directory.CreateTempSubdirectory("resultity-node-").FullName, "rj_wrong", "--builtin", "always");
        Assert.Equal(4, await node.ExitAsync());
        Assert.Contains("join token", node.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_node_is_back_in_placement_soon_after_its_restart()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var gateway = await Installation.StartAsync("gateway");
        var folder = Directory.CreateTempSubdirectory("resultity-node-").FullName;
        string[] serving = ["--openai", $"{upstream.Address}v1"];
        await using (var first = await JoinAsync(gateway, folder, await TokenAsync(gateway), serving))
        {
            await UntilServedAsync(gateway);
            await first.SignalAsync("KILL");
            await first.ExitAsync();
        }

        await UntilAsync(gateway, node => (string?)node["state"] == "away");
        var started = Stopwatch.GetTimestamp();
        // Without a token: the node proves its key.
        await using var second = await JoinAsync(gateway, folder, token: null, serving);
        await second.LineAsync("Ctrl-C stops it.");
        var running = Stopwatch.GetTimestamp();
        await UntilServedAsync(gateway);
        Assert.True(Stopwatch.GetElapsedTime(running) < TimeSpan.FromSeconds(8), $"back after {Stopwatch.GetElapsedTime(running)}, {Stopwatch.GetElapsedTime(started)} with its start");
        await UpTests.ChatAsync(gateway.Http, await UpTests.FirstModelAsync(gateway), "Hello");
    }

    [Fact]
    public async Task A_revoked_node_is_cut_off_and_stays_out()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var gateway = await Installation.StartAsync("gateway");
        await using var node = await JoinAsync(gateway, Directory.CreateTempSubdirectory("resultity-node-").FullName, await TokenAsync(gateway), "--openai", $"{upstream.Address}v1");
        await UntilServedAsync(gateway);
        var id = (string)(await gateway.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!;
        Assert.Equal(0, (await gateway.CliAsync("nodes", "revoke", id)).Code);
        await UntilAsync(gateway, listed => (string?)listed["state"] == "revoked" && (int)listed["links"]! == 0);
        Assert.Empty(JsonNode.Parse(await gateway.Http.GetStringAsync(new Uri("v1/models", UriKind.Relative)))!["data"]!.AsArray());
    }

    [Fact]
    public async Task A_drained_node_gets_nothing_new_until_it_is_resumed()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var gateway = await Installation.StartAsync("gateway");
        await using var node = await JoinAsync(gateway, Directory.CreateTempSubdirectory("resultity-node-").FullName, await TokenAsync(gateway), "--openai", $"{upstream.Address}v1");
        await UntilServedAsync(gateway);
        var model = await UpTests.FirstModelAsync(gateway);
        var id = (string)(await gateway.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!;
        Assert.Equal(0, (await gateway.CliAsync("nodes", "drain", id)).Code);
        await UntilAsync(gateway, listed => (string?)listed["state"] == "draining");
        var waiting = UpTests.ChatAsync(gateway.Http, model, "Hello");
        Assert.Equal(0, await upstream.CountAsync("requests"));
        Assert.Equal(0, (await gateway.CliAsync("nodes", "resume", id)).Code);
        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task A_stopping_node_finishes_what_it_runs()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=2s");
        await using var gateway = await Installation.StartAsync("gateway");
        await using var node = await JoinAsync(gateway, Directory.CreateTempSubdirectory("resultity-node-").FullName, await TokenAsync(gateway), "--openai", $"{upstream.Address}v1");
        await UntilServedAsync(gateway);
        var answer = UpTests.ChatAsync(gateway.Http, await UpTests.FirstModelAsync(gateway), "Hello");
        await upstream.WaitForAsync("running", 1);
        await node.SignalAsync("TERM");
        Assert.NotNull(await answer);
        Assert.Equal(0, await node.ExitAsync());
        Assert.Equal(1, await upstream.CountAsync("served"));
    }

    private static async Task<string> TokenAsync(Installation gateway)
    {
        var (code, output, errors) = await gateway.CliAsync("nodes", "tokens", "create");
        Assert.True(code == 0, errors);
        return output.Trim();
    }

    private static Task<ResultityProcess> JoinAsync(Installation gateway, string folder, string? token, params IEnumerable<string> serving) =>
        Task.FromResult(ResultityProcess.Start(
            ["node", "--join", gateway.Url.ToString(), .. token is null ? Array.Empty<string>() : ["--token", token], "--name", "test-node", "--data", folder, .. serving]));

    private static async Task UntilServedAsync(Installation gateway)
    {
        await UntilAsync(gateway, node => (string?)node["state"] == "ready" && node["models"]!.AsArray().Any(model => (string?)model!["state"] == "ready"));
    }

    private static async Task UntilAsync(Installation gateway, Func<JsonNode, bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var nodes = await gateway.AdminAsync("admin/v1/nodes");
            if (nodes["data"]!.AsArray().Any(node => condition(node!))) return;
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException($"the node did not come to that state: {nodes}");
        }
    }
}
