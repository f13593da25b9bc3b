using System.Diagnostics;
using System.Text.Json;

namespace Resultity.TestKit.Processes;

/// <summary>A running FakeUpstream: a server of its own process that speaks OpenAI's protocol and misbehaves as it is told.</summary>
/// <remarks>It ends with the test, also when the test is killed. Its options are those of <c>Resultity.FakeUpstream --help</c>.</remarks>
public sealed class FakeUpstreamProcess : IAsyncDisposable
{
    private readonly HttpClient _client;

    private FakeUpstreamProcess(Process process, Uri address)
    {
        Process = process;
        Address = address;
        _client = new HttpClient { BaseAddress = address };
    }

    /// <summary>The operating system's process, to be killed or watched.</summary>
    public Process Process { get; }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123/</c>; its API is below <c>v1/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Starts one on a free port; it is listening when the task ends.</summary>
    /// <param name="options">Command-line options, such as <c>--chunks=5</c>.</param>
    public static async Task<FakeUpstreamProcess> StartAsync(params string[] options)
    {
        var start = BuiltProgram.StartInfo(BuiltProgram.Find("Resultity.FakeUpstream"), [.. options, "--exit-with-stdin"]);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync();
        if (line?.StartsWith("listening on ", StringComparison.Ordinal) != true)
            throw new InvalidOperationException($"FakeUpstream did not start: {line} {await process.StandardError.ReadToEndAsync()}");
        return new FakeUpstreamProcess(process, new Uri(line["listening on ".Length..]));
    }

    /// <summary>Changes settings, such as <c>chunks=8&amp;latency=10ms</c>.</summary>
    public async Task SetAsync(string query)
    {
        using var answer = await _client.PostAsync(new Uri($"/_set?{query}", UriKind.Relative), null);
        if (!answer.IsSuccessStatusCode) throw new ArgumentException(await answer.Content.ReadAsStringAsync(), nameof(query));
    }

    /// <summary>One of its counts: running, max_running, requests, served, aborted, failed, streams, events, connections, open_connections, videos.</summary>
    public async Task<long> CountAsync(string name)
    {
        await using var json = await _client.GetStreamAsync(new Uri("/_stats", UriKind.Relative));
        using var counts = await JsonDocument.ParseAsync(json);
        return counts.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>Waits until a count is reached; <c>running</c>, <c>open_connections</c> and <c>videos</c> until they are just that.</summary>
    /// <exception cref="TimeoutException">It was not reached in time; the message has the counts.</exception>
    public async Task WaitForAsync(string name, long value, TimeSpan? limit = null)
    {
        var milliseconds = (long)(limit ?? TimeSpan.FromSeconds(10)).TotalMilliseconds;
        using var answer = await _client.GetAsync(new Uri($"/_wait?{name}={value}&timeout={milliseconds}", UriKind.Relative));
        if (!answer.IsSuccessStatusCode) throw new TimeoutException($"{name} did not come to {value}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>The body of the last inference request.</summary>
    public Task<byte[]> LastBodyAsync() => _client.GetByteArrayAsync(new Uri("/_last", UriKind.Relative));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }
}
