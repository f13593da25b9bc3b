using System.Diagnostics;
using System.Text.Json;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Bench;

/// <summary>The generator's report is only worth something if it sees what is wrong.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Counts_what_the_upstream_counts()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        var report = await LoadAsync(upstream, "-n", "500", "-c", "8");
        Assert.Equal(500, report.GetProperty("good").GetInt64());
        Assert.Equal(0, report.GetProperty("bad").GetInt64());
        Assert.Equal(500, report.GetProperty("latency_ms").GetProperty("count").GetInt64());
        Assert.Equal(500, await upstream.CountAsync("served"));
    }

    [Fact]
    public async Task Whole_streams_with_all_tokens_are_good()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=20", "--chunk-delay=1ms");
        var report = await LoadAsync(upstream, "-s", "--tokens", "20", "-n", "50", "-c", "10");
        Assert.Equal(50, report.GetProperty("good").GetInt64());
        Assert.Equal(50, report.GetProperty("first_chunk_ms").GetProperty("count").GetInt64());
        Assert.True(report.GetProperty("latency_ms").GetProperty("p50").GetDouble() >= 19, "twenty events, a millisecond apart");
    }

    [Theory]
    [InlineData("truncate=5", "truncated")]
    [InlineData("truncate=5&truncate-clean=true", "no_done")]
    [InlineData("chunks=19", "lost_events")]
    [InlineData("error-after=5", "error_event")]
    [InlineData("fail-status=500", "status_500")]
    [InlineData("stall-after=5", "timeout")]
    public async Task Spoilt_streams_are_errors_of_their_kind(string setting, string kind)
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=20");
        await upstream.SetAsync(setting);
        // Only where a timeout is what is expected may a slow machine bring one about.
        var limit = kind == "timeout" ? "0.3" : "30";
        var report = await LoadAsync(upstream, "-s", "--tokens", "20", "-n", "4", "-c", "2", "-t", limit);
        Assert.Equal(0, report.GetProperty("good").GetInt64());
        var error = Assert.Single(report.GetProperty("errors").EnumerateObject());
        Assert.Equal(kind, error.Name);
        Assert.True(error.Value.GetInt64() >= 4);
    }

    [Fact]
    public async Task Cut_json_is_an_error()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--malformed");
        var report = await LoadAsync(upstream, "-n", "3", "-c", "1");
        Assert.Equal(3, report.GetProperty("errors").GetProperty("invalid_json").GetInt64());
    }

    [Fact]
    public async Task Open_loop_counts_the_wait_for_a_connection()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=20ms");
        // One connection that serves 50 a second, asked for 100: the last of 20 waits for as many before it.
        var report = await LoadAsync(upstream, "-R", "100", "-n", "20", "-c", "1");
        Assert.Equal(20, report.GetProperty("good").GetInt64());
        Assert.True(report.GetProperty("latency_ms").GetProperty("max").GetDouble() > 150, report.ToString());
    }

    private static async Task<JsonElement> LoadAsync(FakeUpstreamProcess upstream, params string[] options)
    {
        var url = new Uri(upstream.Address, "v1/chat/completions").AbsoluteUri;
        var start = BuiltProgram.StartInfo(BuiltProgram.Find("Resultity.Load"), [.. options, "-d", "10", "--json", url]);
        using var load = Process.Start(start)!;
        var output = await load.StandardOutput.ReadToEndAsync();
        await load.WaitForExitAsync();
        using var report = JsonDocument.Parse(output);
        return report.RootElement.Clone();
    }
}
