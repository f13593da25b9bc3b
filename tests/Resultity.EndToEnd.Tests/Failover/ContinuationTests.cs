using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Engines;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Failover;

/// <summary>
/// The node that serves a stream is killed in its middle, with another at hand that runs the same model. <c>RESULTITY_CONTINUATION_KILLS</c> kills
/// of each kind of answer; the measure is 200 in all.
/// </summary>
public sealed class ContinuationTests(ITestOutputHelper output)
{
    private const string Model = "resultity-mini-chat";
    private const string Numbers = """{"type":"object","properties":{"numbers":{"type":"array","items":{"type":"integer","maximum":9,"minimum":0},"minItems":40,"maxItems":40}},"required":["numbers"],"additionalProperties":false}""";
    private const string Head = $$"""{"model":"{{Model}}","stream":true,"temperature":0,""";

    private static readonly (string Path, string Body)[] Kinds =
    [
        ("chat/completions", Head + """ "max_tokens":150,"stop":["zebra","qu"],"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Tell me a long story"}]}"""),
        ("completions", Head + """ "max_tokens":150,"stream_options":{"include_usage":true},"prompt":"Once upon a time"}"""),
        ("chat/completions", Head + """ "max_tokens":300,"stream_options":{"include_usage":true},"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":""" + Numbers + """}},"messages":[{"role":"user","content":"Count"}]}"""),
        ("chat/completions", Head + """ "max_tokens":300,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"count","parameters":""" + Numbers + """}}],"tool_choice":{"type":"function","function":{"name":"count"}},"messages":[{"role":"user","content":"Count"}]}"""),
        ("chat/completions", Head + """ "max_tokens":150,"logprobs":true,"top_logprobs":2,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Tell me a long story"}]}"""),
        ("responses", Head + """ "max_output_tokens":150,"store":false,"input":"Tell me a long story"}"""),
    ];

    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("RESULTITY_CONTINUATION_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 1;

    [Fact]
    public async Task Whatever_its_kind_a_streamed_answer_comes_whole_and_the_same_when_its_node_is_killed()
    {
        await using var gateway = await Installation.StartAsync("gateway");
        var token = (await gateway.CliAsync("nodes", "tokens", "create", "--uses", "0")).Output.Trim();
        var nodes = new Dictionary<string, ResultityProcess>(StringComparer.Ordinal);
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var name in (string[])["a", "b"])
            {
                folders[name] = Directory.CreateTempSubdirectory("resultity-continue-").FullName;
                nodes[name] = Start(gateway, token, name, folders[name]);
            }

            await UntilBothServeAsync(gateway);
            var seams = 0;
            var kills = 0;
            foreach (var (path, body) in Kinds)
            {
                var whole = await ReadAsync(gateway.Http, path, body, null);
                for (var kill = 0; kill < Kills; kill++)
                {
                    var victim = "";
                    var answer = await ReadAsync(gateway.Http, path, body, async id =>
                    {
                        victim = await NameOfAsync(gateway, id);
                        await nodes[victim].SignalAsync("KILL");
                    });
                    Assert.Equal(whole.Text, answer.Text);
                    Assert.Equal(whole.Usage, answer.Usage);
                    kills++;
                    seams += answer.Seams;
                    await nodes[victim].DisposeAsync();
                    nodes[victim] = Start(gateway, token, victim, folders[victim]);
                    await UntilBothServeAsync(gateway);
                }
            }

            output.WriteLine($"{kills} kills, all answers whole and equal, {seams} of them over a seam");
            Assert.True(seams > 0);
        }
        finally
        {
            foreach (var node in nodes.Values) await node.DisposeAsync();
            foreach (var folder in folders.Values) Directory.Delete(folder, recursive: true);
        }
    }

    private static ResultityProcess Start(Installation gateway, string token, string name, string folder) =>
        ResultityProcess.Start(["node", "--join", gateway.Url.ToString(), "--token", token, "--name", name, "--data", folder, "--builtin", "always"]);

    private static Task UntilBothServeAsync(Installation gateway) => LlamaServerFixture.UntilAsync(
        async () => (await gateway.AdminAsync("admin/v1/nodes"))["data"]!.AsArray().Count(static node =>
            (string?)node!["state"] == "ready" && node["models"]!.AsArray().Any(static model => (string?)model!["id"] == Model && (string?)model["state"] == "ready")) == 2,
        "both nodes serve");

    private static async Task<string> NameOfAsync(Installation gateway, string id) =>
        (string)(await gateway.AdminAsync("admin/v1/nodes"))["data"]!.AsArray().Single(node => (string?)node!["id"] == id)!["name"]!;

    /// <summary>Reads a stream to its end: what it says, without what is an answer's own (its identifiers and times).</summary>
    private static async Task<(string Text, string? Usage, int Seams)> ReadAsync(HttpClient http, string path, string body, Func<string, Task>? lose)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/" + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var (said, pieces, seams) = (new StringBuilder(), 0, 0);
        string? usage = null;
        var whole = false;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(": continued", StringComparison.Ordinal)) seams++;
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            var data = line["data: ".Length..];
            whole |= data == "[DONE]" || data.Contains("\"response.completed\"", StringComparison.Ordinal);
            if (data == "[DONE]") continue;
            var chunk = JsonNode.Parse(data)!;
            Assert.Null(chunk["error"]);
            usage = UsageOf(chunk["usage"] ?? chunk["response"]?["usage"]) ?? usage;
            said.Append((string?)chunk["delta"]).Append(Said(chunk["choices"]?.AsArray()));
            if (++pieces == 8 && lose is not null) await lose(response.Headers.GetValues("x-resultity-node").Single());
        }

        Assert.True(whole, said.ToString());
        return (said.ToString(), usage, seams);
    }

    private static string? UsageOf(JsonNode? usage) =>
        usage is null ? null : $"{usage["prompt_tokens"] ?? usage["input_tokens"]}+{usage["completion_tokens"] ?? usage["output_tokens"]}";

    private static string Said(JsonArray? choices)
    {
        if (choices is not [{ } choice, ..]) return "";
        var call = choice["delta"]?["tool_calls"]?[0]?["function"];
        var tokens = (choice["logprobs"] as JsonObject)?["content"]?.AsArray().Select(static entry => (string?)entry!["token"]) ?? [];
        return (string?)choice["delta"]?["content"] + (string?)choice["text"] + (string?)call?["name"] + (string?)call?["arguments"] + string.Concat(tokens) + (string?)choice["finish_reason"];
    }
}
