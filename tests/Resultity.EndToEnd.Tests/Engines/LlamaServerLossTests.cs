using System.Text.Json.Nodes;
using Xunit;
using static Resultity.EndToEnd.Tests.Engines.LlamaServerFixture;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>A real llama-server that is killed, and comes back.</summary>
public sealed class LlamaServerLossTests : IClassFixture<LlamaServerFixture>
{
    private const string Chat = "chat/completions";
    private const string Question = """ "model":"tiny","temperature":0,"messages":[{"role":"user","content":"Hello"}] """;
    private readonly LlamaServerFixture _fixture;
    private readonly HttpClient _http;

    public LlamaServerLossTests(LlamaServerFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Need();
        (_fixture, _http) = (fixture, fixture.Resultity.Http);
    }

    [Fact]
    public async Task A_killed_engines_stream_does_not_look_whole_and_its_model_goes_and_comes_back()
    {
        var (response, reader) = await BeginAsync(_http, Chat, $$"""{{{Question}},"stream":true,"ignore_eos":true}""");
        await _fixture.Engine.KillAsync();
        var rest = await reader.ReadToEndAsync();
        response.Dispose();
        Assert.DoesNotContain("[DONE]", rest, StringComparison.Ordinal);
        var last = JsonNode.Parse(rest.Split('\n').Last(static line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..])!;
        LlamaServerTests.AssertError(last, (string)last["error"]!["type"]!);
        Assert.Equal("error", (string?)last["finish_reason"]);

        await UntilAsync(async () => !await IsReadyAsync(), "its model is not ready any more");
        var (status, answer) = await PostAsync(_http, Chat, $$"""{{{Question}}}""");
        Assert.Contains(status, new[] { 404, 503 });
        LlamaServerTests.AssertError(answer, (string)answer["error"]!["type"]!);

        await _fixture.Engine.RestartAsync();
        await UntilAsync(IsReadyAsync, "its model is back");
        Assert.Equal(200, (await PostAsync(_http, Chat, $$"""{{{Question}},"max_tokens":4}""")).Status);
    }

    private async Task<bool> IsReadyAsync() =>
        JsonNode.Parse(await _http.GetStringAsync(new Uri("v1/models", UriKind.Relative)))!["data"]!.AsArray().Any(static model => (bool)model!["ready"]!);
}
