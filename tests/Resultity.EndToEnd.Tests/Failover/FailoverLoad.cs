using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Resultity.EndToEnd.Tests.Failover;

/// <summary>Clients that ask again and again, whole and streamed, and judge every answer.</summary>
internal sealed class FailoverLoad(HttpClient http, string model, string expected)
{
    private readonly ConcurrentDictionary<string, int> _wrong = new();
    private int _whole;
    private int _streamed;
    private int _continued;

    public int Whole => _whole;

    public int Streamed => _streamed;

    /// <summary>Streams that another node went on with.</summary>
    public int Continued => _continued;

    /// <summary>What went wrong, and how often.</summary>
    public IReadOnlyDictionary<string, int> Wrong => _wrong;

    public Task RunAsync(int clients, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(client => LoopAsync(client % 2 == 0 ? AskWholeAsync : AskStreamedAsync, stop)));

    private async Task LoopAsync(Func<Task<string?>> ask, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await ask() is { } wrong) _wrong.AddOrUpdate(wrong, 1, static (_, count) => count + 1);
            }
            catch (HttpRequestException broken)
            {
                _wrong.AddOrUpdate(broken.Message, 1, static (_, count) => count + 1);
            }
        }
    }

    private async Task<string?> AskWholeAsync()
    {
        using var answer = await http.PostAsJsonAsync("v1/chat/completions", Body(stream: false));
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) return $"a whole answer was refused with {(int)answer.StatusCode}: {text}";
        Interlocked.Increment(ref _whole);
        return (string?)JsonNode.Parse(text)!["choices"]![0]!["message"]!["content"] == expected ? null : $"a whole answer is not what was computed: {text}";
    }

    private async Task<string?> AskStreamedAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(Body(stream: true)) };
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!answer.IsSuccessStatusCode) return $"a stream was refused with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}";
        var content = new StringBuilder();
        string? error = null;
        var done = false;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(':') && line.Contains("continue", StringComparison.Ordinal)) Interlocked.Increment(ref _continued);
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (line == "data: [DONE]")
            {
                done = true;
                continue;
            }

            var chunk = JsonNode.Parse(line["data: ".Length..])!;
            if (chunk["error"] is { } fault) error = fault.ToJsonString();
            else if (chunk["choices"] is JsonArray { Count: > 0 } choices) content.Append((string?)choices[0]!["delta"]?["content"]);
        }

        Interlocked.Increment(ref _streamed);
        var text = content.ToString();
        if (done) return text == expected ? null : $"a stream that says [DONE] is not whole: {text}";
        return error is null ? $"a stream ended without a word: {text}" : $"a stream broke off although another node could go on: {error}";
    }

    private JsonObject Body(bool stream) => new()
    {
        ["model"] = model,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "count" }),
    };
}
