using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Bench;

/// <summary>One request of a run.</summary>
/// <param name="FirstToken">Seconds from sending to the first piece of text.</param>
/// <param name="Total">Seconds from sending to the end.</param>
/// <param name="LastToken">Seconds from sending to the last piece of text.</param>
/// <param name="Tokens">Tokens of answer by the server's count, or the pieces of text if it did not say.</param>
/// <param name="Failure">Why it failed; <see langword="null"/> if the answer is whole.</param>
internal sealed record LoadSample(double FirstToken, double LastToken, double Total, long Tokens, string? Failure);

/// <summary>A closed-loop run: so many clients, each with one streamed chat at a time.</summary>
internal sealed class LoadRun(ApiClient client, TimeProvider time, string model, string prompt, int maxTokens)
{
    public async Task<LoadReport> RunAsync(int concurrency, int requests, CancellationToken cancellation)
    {
        var samples = new LoadSample[requests];
        var next = -1;
        var started = time.GetTimestamp();
        var clients = Enumerable.Range(0, Math.Min(concurrency, requests)).Select(async _ =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < requests) samples[index] = await OneAsync(cancellation);
        });
        await Task.WhenAll(clients);
        return new LoadReport(samples, time.GetElapsedTime(started).TotalSeconds, concurrency);
    }

    private async Task<LoadSample> OneAsync(CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
            ["max_completion_tokens"] = maxTokens,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        var sent = time.GetTimestamp();
        double first = 0;
        double last = 0;
        long tokens = 0;
        long pieces = 0;
        string? failure = "the stream ended early";
        try
        {
            using var response = await client.SendAsync(HttpMethod.Post, "v1/chat/completions", body, cancellation);
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            await foreach (var item in EventReader.ReadAsync(stream, cancellation))
            {
                if (item.Data is not { } data) continue;
                if (data == "[DONE]")
                {
                    failure = null;
                    break;
                }

                var now = time.GetElapsedTime(sent).TotalSeconds;
                var chunk = JsonNode.Parse(data);
                if (chunk.At("error") is { } error) failure = error.Text("message");
                if (chunk.Number("usage", "completion_tokens") is { } counted) tokens = (long)counted;
                if (chunk.Text("choices", "0", "delta", "content").Length == 0) continue;
                if (pieces++ == 0) first = now;
                last = now;
            }
        }
        catch (Exception failed) when (failed is CliException or IOException or HttpRequestException or JsonException)
        {
            failure = failed.Message;
        }

        return new LoadSample(first, last, time.GetElapsedTime(sent).TotalSeconds, tokens > 0 ? tokens : pieces, failure);
    }
}
