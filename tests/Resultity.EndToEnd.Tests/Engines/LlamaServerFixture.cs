using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>A gateway with its node in front of a real llama-server, for all tests of a class.</summary>
public sealed class LlamaServerFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    internal LlamaServerProcess Engine { get; private set; } = null!;

    internal Installation Resultity { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (LlamaServerProcess.Program is null) return;
        // Two slots of 512 tokens; an answer without a limit never ends, since the context is shifted.
        Engine = await LlamaServerProcess.StartAsync(ModelFile(), "-c", "1024", "-np", "2", "--jinja", "--context-shift");
        Resultity = await Installation.StartAsync("up", "--builtin", "never", "--openai", Engine.Address.ToString());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Resultity is not null) await Resultity.DisposeAsync();
        if (Engine is not null) await Engine.DisposeAsync();
    }

    /// <summary>Skips the test, visibly, where there is no llama-server; fails it where there must be one.</summary>
    internal static void Need()
    {
        if (LlamaServerProcess.Program is not null) return;
        Assert.SkipUnless(LlamaServerProcess.Required, "RESULTITY_ENGINES names no folder made by eng/provision-engines.sh; RESULTITY_CI=1 makes this a failure.");
        Assert.Fail("llama-server is missing: RESULTITY_ENGINES must name a folder made by eng/provision-engines.sh.");
    }

    internal static async Task<(int Status, JsonNode Body)> PostAsync(HttpClient http, string path, string body)
    {
        using var response = await http.PostAsync(new Uri("v1/" + path, UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>The data of all events of a stream, to its end.</summary>
    internal static async Task<IReadOnlyList<string>> EventsAsync(HttpClient http, string path, string body)
    {
        using var response = await http.PostAsync(new Uri("v1/" + path, UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return [.. text.Split('\n').Where(IsData).Select(static line => line["data: ".Length..])];
    }

    /// <summary>Starts a stream and reads until the answer's text has begun.</summary>
    internal static async Task<(HttpResponseMessage Response, StreamReader Reader)> BeginAsync(HttpClient http, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/" + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var chunks = 0; chunks < 3;)
        {
            var line = await reader.ReadLineAsync() ?? throw new InvalidOperationException("the stream ended at once");
            if (IsData(line)) chunks++;
        }

        return (response, reader);
    }

    internal static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException($"not within {Patience.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    private static bool IsData(string line) => line.StartsWith("data: ", StringComparison.Ordinal);

    internal static string ModelFile()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "models", "resultity-mini-chat", "resultity-mini-chat-f16.gguf");
            if (File.Exists(file)) return file;
        }

        throw new FileNotFoundException("models/resultity-mini-chat/resultity-mini-chat-f16.gguf is not above the tests' folder");
    }
}
