using System.Text;
using System.Text.Json.Nodes;

namespace Resultity.EndToEnd.Tests.Shards;

/// <summary>A streamed answer, read to its end.</summary>
/// <param name="Text">All that it said.</param>
/// <param name="IsWhole">Whether it ended as a whole answer does.</param>
/// <param name="Seams">Comments that tell of another node.</param>
/// <param name="Usage">The last usage that it told.</param>
/// <param name="Tail">Its last event.</param>
internal sealed record ShardStream(string Text, bool IsWhole, int Seams, JsonNode? Usage, string Tail)
{
    private const int PiecesBeforeLoss = 20;

    /// <summary>Asks for a long text; calls <paramref name="lose"/> in the middle of it.</summary>
    public static async Task<ShardStream> ReadAsync(HttpClient http, Func<Task>? lose, string extra = "")
    {
        var body = $$"""{"model":"{{ShardCluster.Model}}","stream":true,"stream_options":{"include_usage":true},"temperature":0,"max_tokens":150,"ignore_eos":true{{extra}},"messages":[{"role":"user","content":"Tell me a long story"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = new StringBuilder();
        var (pieces, seams, done, tail) = (0, 0, false, "");
        JsonNode? usage = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(": continued", StringComparison.Ordinal)) seams++;
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            tail = line["data: ".Length..];
            done = tail == "[DONE]";
            if (done) continue;
            var chunk = JsonNode.Parse(tail)!;
            usage = chunk["usage"] ?? usage;
            if (chunk["choices"]!.AsArray() is not [{ } choice, ..] || (string?)choice["delta"]?["content"] is not { Length: > 0 } piece) continue;
            text.Append(piece);
            if (++pieces == PiecesBeforeLoss && lose is not null) await lose();
        }

        return new ShardStream(text.ToString(), done, seams, usage, tail);
    }
}
