using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Hosting;

public sealed class UpTests
{
    private const string Model = "resultity-mini-chat";

    [Fact]
    public async Task Up_answers_a_chat_from_the_built_in_model()
    {
        await using var installation = await Installation.StartAsync("up");
        var answer = await ChatAsync(installation.Http, Model, "Hello! Who are you?");
        Assert.Equal("chat.completion", (string?)answer["object"]);
        Assert.Contains("model", (string)answer["choices"]![0]!["message"]!["content"]!, StringComparison.OrdinalIgnoreCase);
        Assert.True((int)answer["usage"]!["completion_tokens"]! > 0);
    }

    [Fact]
    public async Task Up_is_ready_soon_after_its_start()
    {
        var started = Stopwatch.GetTimestamp();
        await using var installation = await Installation.StartAsync("up");
        // Five seconds on an idle machine; a busy one that builds beside the tests is not the program's fault.
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"it took {Stopwatch.GetElapsedTime(started)}");
        Assert.Contains(Model, installation.Gateway.Output, StringComparison.Ordinal);
        Assert.Contains($"curl {installation.Url}v1/chat/completions", installation.Gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_verbs_work_against_it()
    {
        await using var installation = await Installation.StartAsync("up");
        var (code, output, errors) = await installation.CliAsync("chat", "--temperature", "0", "Hello! Who are you?");
        Assert.True(code == 0, errors);
        Assert.Contains("model", output, StringComparison.OrdinalIgnoreCase);
        (code, output, _) = await installation.CliAsync("chat", "--json", "--max-tokens", "3", "Hello!");
        Assert.Equal(0, code);
        Assert.Equal("length", (string?)JsonNode.Parse(output)!["choices"]![0]!["finish_reason"]);

        (code, output, errors) = await installation.CliAsync("request", "submit", "--prompt", "Tell me a story");
        Assert.True(code == 0, errors);
        var id = output.Trim();
        Assert.StartsWith("req_", id, StringComparison.Ordinal);
        (code, output, errors) = await installation.CliAsync("request", "wait", id);
        Assert.True(code == 0, errors);
        Assert.Equal("completed", output.Trim());
        (code, output, _) = await installation.CliAsync("request", "result", id);
        Assert.Equal(0, code);
        Assert.Equal("chat.completion", (string?)JsonNode.Parse(output)!["object"]);
        Assert.Contains(id, (await installation.CliAsync("request")).Output, StringComparison.Ordinal);
        Assert.Equal("completed", (await installation.CliAsync("request", "cancel", id)).Output.Trim());
        Assert.Equal(3, (await installation.CliAsync("request", "status", "req_00000000000000000000000000")).Code);

        (code, output, errors) = await installation.CliAsync("bench", "-n", "4", "-c", "2", "--max-tokens", "8", "--json");
        Assert.True(code == 0, errors);
        Assert.Equal(4, (int)JsonNode.Parse(output)!["completed"]!);
        Assert.Contains(Model, (await installation.CliAsync("status")).Output, StringComparison.Ordinal);
        Assert.Contains(Model, (await installation.CliAsync("nodes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Piped_text_is_asked()
    {
        await using var installation = await Installation.StartAsync("up");
        var variables = new Dictionary<string, string>(Installation.Variables) { ["RESULTITY_URL"] = installation.Url.ToString() };
        var (code, output, errors) = await ResultityProcess.RunAsync(["chat", "--temperature", "0"], variables, "Hello! Who are you?\n");
        Assert.True(code == 0, errors);
        Assert.NotEmpty(output.Trim());
    }

    [Fact]
    public async Task A_drain_lets_a_stream_finish_and_refuses_new_requests()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=20", "--chunk-delay=100ms");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        var model = await FirstModelAsync(installation);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = Body(model, "Hello", stream: true) };
        using var running = await installation.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
        string? first;
        do
        {
            first = await reader.ReadLineAsync();
        }
        while (first is not null && !first.StartsWith("data:", StringComparison.Ordinal));

        await installation.Gateway.SignalAsync("INT");
        using var refused = await UntilRefusedAsync(installation, model);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await installation.Http.GetAsync(new Uri("readyz", UriKind.Relative))).StatusCode);

        var rest = await reader.ReadToEndAsync();
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Equal(0, await installation.Gateway.ExitAsync());
    }

    [Fact]
    public async Task A_second_signal_stops_at_once()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=1000", "--chunk-delay=100ms");
        await using var installation = await Installation.StartAsync("up", "--openai", $"{upstream.Address}v1");
        var model = await FirstModelAsync(installation);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = Body(model, "Hello", stream: true) };
        using var running = await installation.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await installation.Gateway.SignalAsync("INT");
        (await UntilRefusedAsync(installation, model)).Dispose();
        await installation.Gateway.SignalAsync("INT");
        Assert.Equal(130, await installation.Gateway.ExitAsync());
    }

    internal static async Task<string> FirstModelAsync(Installation installation) =>
        (string)JsonNode.Parse(await installation.Http.GetStringAsync(new Uri("v1/models", UriKind.Relative)))!["data"]![0]!["id"]!;

    internal static async Task<JsonNode> ChatAsync(HttpClient http, string model, string text)
    {
        using var response = await http.PostAsync(new Uri("v1/chat/completions", UriKind.Relative), Body(model, text, stream: false));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return JsonNode.Parse(body)!;
    }

    private static StringContent Body(string model, string text, bool stream)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["stream"] = stream,
            ["temperature"] = 0,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
        };
        return new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
    }

    /// <summary>A signal takes a moment to arrive; until then requests are served.</summary>
    private static async Task<HttpResponseMessage> UntilRefusedAsync(Installation installation, string model)
    {
        while (true)
        {
            var response = await installation.Http.GetAsync(new Uri($"v1/models/{model}", UriKind.Relative));
            if (response.StatusCode != HttpStatusCode.OK) return response;
            response.Dispose();
        }
    }
}
