using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cli;

/// <summary>Ctrl-C on the client's side, and what becomes of the work on the server's.</summary>
public sealed class InterruptTests
{
    [Fact]
    public async Task Interrupting_a_chat_stops_the_computation()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=10000", "--chunk-delay=20ms");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        await using var chat = Start(installation, "chat", "Hello");
        await upstream.WaitForAsync("running", 1);
        await chat.SignalAsync("INT");
        Assert.Equal(130, await chat.ExitAsync());
        await upstream.WaitForAsync("aborted", 1);
        await upstream.WaitForAsync("running", 0);
    }

    [Fact]
    public async Task Interrupting_a_held_request_cancels_it()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=5m");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        await using var submit = Start(installation, "request", "submit", "--prompt", "Hello", "--wait");
        await upstream.WaitForAsync("running", 1);
        await submit.SignalAsync("INT");
        Assert.Equal(130, await submit.ExitAsync());
        await upstream.WaitForAsync("running", 0);
        var id = submit.Errors.Split('\n').First(line => line.StartsWith("req_", StringComparison.Ordinal)).Trim();
        var status = JsonNode.Parse((await installation.CliAsync("request", "status", id, "--json")).Output)!;
        Assert.Contains((string?)status["status"], new[] { "cancelled", "cancelling" });
    }

    [Fact]
    public async Task Interrupting_a_wait_leaves_the_request_running()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=3s");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        var id = (await installation.CliAsync("request", "submit", "--prompt", "Hello")).Output.Trim();
        await upstream.WaitForAsync("running", 1);
        await using var wait = Start(installation, "request", "wait", id);
        while (!wait.Errors.Contains("in_progress", StringComparison.Ordinal)) await Task.Yield();
        await wait.SignalAsync("INT");
        Assert.Equal(130, await wait.ExitAsync());
        Assert.Contains("resultity request cancel " + id, wait.Errors, StringComparison.Ordinal);
        var (code, output, _) = await installation.CliAsync("request", "wait", id);
        Assert.Equal(0, code);
        Assert.Equal("completed", output.Trim());
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_whole()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=20", "--chunk-delay=20ms", "--truncate");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        var (code, output, errors) = await installation.CliAsync("chat", "Hello");
        Assert.Equal(1, code);
        Assert.NotEmpty(output);
        Assert.Contains("not whole", errors, StringComparison.Ordinal);
    }

    private static ResultityProcess Start(Installation installation, params string[] arguments) =>
        ResultityProcess.Start(arguments, new Dictionary<string, string>(Installation.Variables) { ["RESULTITY_URL"] = installation.Url.ToString() }, closeInput: true);
}
