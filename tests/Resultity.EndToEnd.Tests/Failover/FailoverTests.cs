using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Hosting;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Network;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Failover;

/// <summary>
/// Nodes are killed and links are cut under load, one at a time. <c>RESULTITY_FAILOVER_ROUNDS</c> makes it longer; the measure is 200.
/// </summary>
public sealed class FailoverTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("RESULTITY_FAILOVER_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 8;

    [Fact]
    public async Task While_another_node_can_serve_no_client_notices_that_one_was_killed_or_cut_off()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=20", "--chunk-delay=10ms");
        await using var gateway = await Installation.StartAsync("gateway");
        await using var proxy = new StallingProxy(new IPEndPoint(IPAddress.Loopback, gateway.Url.Port));
        var serving = $"{upstream.Address}v1,slots=64,continues=true";
        using var killedFolder = new TemporaryFolder();
        using var cutFolder = new TemporaryFolder();
        await using var cut = await StartNodeAsync(gateway, new Uri($"http://{proxy.EndPoint}/"), "cut", cutFolder.Path, serving, first: true);
        var killed = await StartNodeAsync(gateway, gateway.Url, "killed", killedFolder.Path, serving, first: true);
        try
        {
            await UntilReadyAsync(gateway, "cut", "killed");
            var model = await UpTests.FirstModelAsync(gateway);
            var expected = (string)(await UpTests.ChatAsync(gateway.Http, model, "count"))["choices"]![0]!["message"]!["content"]!;
            var load = new FailoverLoad(gateway.Http, model, expected);
            using var stop = new CancellationTokenSource();
            var running = load.RunAsync(Clients, stop.Token);

            for (var round = 0; round < Rounds; round++)
            {
                if (round % 2 == 0)
                {
                    await killed.SignalAsync("KILL");
                    await killed.ExitAsync();
                    await killed.DisposeAsync();
                    killed = await StartNodeAsync(gateway, gateway.Url, "killed", killedFolder.Path, serving, first: false);
                    await killed.LineAsync("Ctrl-C stops it.");
                }
                else
                {
                    var accepted = proxy.Accepted;
                    proxy.Cut();
                    await UntilAsync(() => Task.FromResult(proxy.Accepted > accepted), "the node dials again");
                }

                var served = load.Whole + load.Streamed;
                await UntilReadyAsync(gateway, "cut", "killed");
                await UntilAsync(() => Task.FromResult(load.Whole + load.Streamed >= served + Clients), "clients are served again");
            }

            await stop.CancelAsync();
            await running;
            output.WriteLine($"{Rounds} rounds: {load.Whole} whole answers, {load.Streamed} streams, {load.Continued} of them continued on another node");
            Assert.True(load.Wrong.Count == 0, string.Join('\n', load.Wrong.Select(wrong => $"{wrong.Value}x {wrong.Key}")));
            Assert.True(load.Continued > 0, "no stream was hit, so the test has shown nothing");
            var status = await gateway.AdminAsync("admin/v1/status");
            Assert.Equal((0, 0), ((int)status["requests"]!["running"]!, (int)status["requests"]!["queued"]!));
            await upstream.WaitForAsync("running", 0);
        }
        finally
        {
            await killed.DisposeAsync();
        }
    }

    private static async Task<ResultityProcess> StartNodeAsync(Installation gateway, Uri url, string name, string folder, string serving, bool first)
    {
        string[] token = [];
        if (first)
        {
            var (code, secret, errors) = await gateway.CliAsync("nodes", "tokens", "create");
            Assert.True(code == 0, errors);
            token = ["--token", secret.Trim()];
        }

        return ResultityProcess.Start(["node", "--join", url.ToString(), .. token, "--name", name, "--data", folder, "--openai", serving]);
    }

    private static Task UntilReadyAsync(Installation gateway, params string[] names) => UntilAsync(
        async () =>
        {
            var nodes = (await gateway.AdminAsync("admin/v1/nodes"))["data"]!.AsArray();
            return names.All(name => nodes.Any(node => (string?)node!["name"] == name && IsReady(node)));
        },
        "both nodes serve");

    private static bool IsReady(JsonNode node) =>
        (string?)node["state"] == "ready" && node["models"]!.AsArray().Any(model => (string?)model!["state"] == "ready");

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException($"not within {Patience.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("resultity-failover-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
