using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Resultity.EngineBench;

/// <summary>A llama-server process with as many slots as the widest measurement has streams.</summary>
internal sealed class LlamaServer : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(2) };

    private LlamaServer(Process process, int port)
    {
        _process = process;
        _client.BaseAddress = new Uri($"http://127.0.0.1:{port}");
    }

    public static async Task<LlamaServer> StartAsync(BenchOptions options)
    {
        var slots = options.Streams.Max();
        var start = new ProcessStartInfo(options.LlamaServer!) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-m", options.Gguf, "--host", "127.0.0.1", "--port", $"{options.Port}", "-t", $"{options.Threads}", "-tb", $"{options.Threads}", "-np", $"{slots}", "-c", $"{1024 * slots}", "--no-webui"])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new LlamaServer(process, options.Port);
        for (var i = 0; ; i++)
        {
            try
            {
                using var health = await server._client.GetAsync("/health");
                if (health.IsSuccessStatusCode) return server;
            }
            catch (HttpRequestException) when (i < 100 && !process.HasExited) { }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Generates without streaming, its cheapest way, and without reuse of the prompt.</summary>
    public async Task GenerateAsync(int[] prompt, int tokens)
    {
        var body = new JsonObject
        {
            ["prompt"] = new JsonArray([.. prompt.Select(t => (JsonNode)t)]),
            ["n_predict"] = tokens,
            ["temperature"] = 0,
            ["ignore_eos"] = true,
            ["cache_prompt"] = false,
        };
        using var content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        using var response = await _client.PostAsync("/completion", content);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        if ((int?)answer["tokens_predicted"] != tokens) throw new InvalidOperationException($"llama-server answered {answer.ToJsonString()}.");
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
