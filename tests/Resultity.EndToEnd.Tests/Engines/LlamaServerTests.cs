using System.Text;
using System.Text.Json.Nodes;
using Xunit;
using static Resultity.EndToEnd.Tests.Engines.LlamaServerFixture;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>The contract, kept over a real llama-server, whatever that answers itself.</summary>
public sealed class LlamaServerTests : IClassFixture<LlamaServerFixture>
{
    private const string Chat = "chat/completions";
    private const string Question = """ "model":"tiny","temperature":0,"messages":[{"role":"user","content":"What is the capital of England?"}] """;
    private const string Endless = $$"""{{{Question}},"stream":true,"ignore_eos":true}""";
    private readonly HttpClient _engine;
    private readonly HttpClient _http;
    private readonly LlamaServerFixture _fixture;

    public LlamaServerTests(LlamaServerFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Need();
        (_fixture, _engine, _http) = (fixture, fixture.Engine.Http, fixture.Resultity.Http);
    }

    [Fact]
    public async Task Its_model_is_offered_with_its_context()
    {
        var models = JsonNode.Parse(await _http.GetStringAsync(new Uri("v1/models", UriKind.Relative)))!["data"]!.AsArray();
        var model = Assert.Single(models)!;
        Assert.Equal(("tiny", 512), ((string?)model["id"], (int?)model["context_length"]));
    }

    [Fact]
    public async Task Whole_and_streamed_chats_say_what_the_engine_says()
    {
        var (_, direct) = await PostAsync(_engine, Chat, $$"""{{{Question}}}""");
        var (status, whole) = await PostAsync(_http, Chat, $$"""{{{Question}}}""");
        var events = await EventsAsync(_http, Chat, $$"""{{{Question}},"stream":true}""");

        Assert.Equal(200, status);
        var expected = Text(direct);
        Assert.NotEmpty(expected);
        Assert.Equal((expected, expected), (Text(whole), Streamed(events)));
        Assert.Equal("chat.completion", (string?)whole["object"]);
        Assert.Equal("[DONE]", events[^1]);
    }

    [Fact]
    public async Task Completions_say_what_the_engine_says()
    {
        const string body = """{"model":"tiny","prompt":"Once upon","max_tokens":12,"temperature":0}""";
        var (_, direct) = await PostAsync(_engine, "completions", body);
        var (status, answer) = await PostAsync(_http, "completions", body);
        Assert.Equal((200, "text_completion"), (status, (string?)answer["object"]));
        Assert.Equal((string?)direct["choices"]![0]!["text"], (string?)answer["choices"]![0]!["text"]);
    }

    [Fact]
    public async Task Usage_of_several_choices_is_the_sum_although_the_engine_reports_each_by_itself()
    {
        var (http, key) = await KeyAsync("choices");

        var chat = await EventsAsync(http, Chat, $$"""{{{Question}},"stream":true,"n":2,"ignore_eos":true,"max_tokens":7,"stream_options":{"include_usage":true} }""");

        var told = chat.SkipLast(1).Select(static chunk => JsonNode.Parse(chunk)!).Where(static chunk => chunk["usage"] is not null).ToList();
        Assert.Equal(14, (int?)Assert.Single(told)["usage"]!["completion_tokens"]);
        Assert.Equal("[DONE]", chat[^1]);
        await UntilAsync(async () => await OutputTokensAsync(key) == 14, "the usage of all choices is recorded");

        await EventsAsync(http, "completions", """{"model":"tiny","prompt":["Once upon","a time"],"stream":true,"ignore_eos":true,"max_tokens":5}""");
        await UntilAsync(async () => await OutputTokensAsync(key) == 24, "the usage of all prompts is recorded");
    }

    [Fact]
    public async Task Usage_is_in_the_stream_only_when_asked_for_and_recorded_always()
    {
        var (http, key) = await KeyAsync("counted");
        var silent = await EventsAsync(http, Chat, $$"""{{{Question}},"stream":true,"max_tokens":5}""");
        Assert.DoesNotContain(silent, static data => data.Contains("\"usage\":{", StringComparison.Ordinal));
        await UntilAsync(async () => await OutputTokensAsync(key) == 5, "the silent stream's usage is recorded");

        var told = await EventsAsync(http, Chat, $$"""{{{Question}},"stream":true,"max_tokens":5,"stream_options":{"include_usage":true} }""");
        var last = JsonNode.Parse(told[^2])!;
        Assert.Empty(last["choices"]!.AsArray());
        Assert.Equal(5, (int)last["usage"]!["completion_tokens"]!);
        await UntilAsync(async () => await OutputTokensAsync(key) == 10, "the other stream's usage is recorded");
    }

    [Theory]
    [InlineData("""{"model":"tiny","temperature":5,"messages":[{"role":"user","content":"x"}]}""", "temperature")]
    [InlineData("""{"model":"tiny","messages":"x"}""", "messages")]
    [InlineData("""{"model":"tiny","messages":[]}""", "messages")]
    [InlineData("""{"model":"tiny","messages":["x"]}""", "messages[0]")]
    [InlineData("""{"model":"tiny","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"tiny","messages":[{"role":"wizard","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"tiny","messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"model":"tiny","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"tiny","messages":[{"role":"tool","content":"x"}]}""", "messages[0].tool_call_id")]
    public async Task What_the_engine_would_take_or_fail_on_is_refused_by_name(string body, string param)
    {
        var (status, answer) = await PostAsync(_http, Chat, body);
        Assert.Equal(400, status);
        AssertError(answer, "invalid_request_error");
        Assert.Equal(param, (string?)answer["error"]!["param"]);
    }

    [Fact]
    public async Task A_model_that_the_engine_would_not_ask_for_is_not_found()
    {
        const string body = """{"model":"nope","messages":[{"role":"user","content":"x"}],"max_tokens":1}""";
        Assert.Equal(200, (await PostAsync(_engine, Chat, body)).Status);
        var (status, answer) = await PostAsync(_http, Chat, body);
        Assert.Equal(404, status);
        AssertError(answer, "not_found_error");
        Assert.Equal("model_not_found", (string?)answer["error"]!["code"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_beyond_the_context_is_the_clients_mistake(bool streamed)
    {
        var words = string.Concat(Enumerable.Repeat("word ", 900));
        var (status, answer) = await PostAsync(_http, Chat, $$"""{"model":"tiny","stream":{{(streamed ? "true" : "false")}},"messages":[{"role":"user","content":"{{words}}"}]}""");
        Assert.Equal(400, status);
        AssertError(answer, "invalid_request_error");
        Assert.Equal("context_length_exceeded", (string?)answer["error"]!["code"]);
    }

    [Fact]
    public async Task An_image_for_a_model_of_text_is_the_clients_mistake()
    {
        const string body = """{"model":"tiny","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}""";
        Assert.Equal(500, (await PostAsync(_engine, Chat, body)).Status);
        var (status, answer) = await PostAsync(_http, Chat, body);
        Assert.Equal(400, status);
        AssertError(answer, "invalid_request_error");
    }

    [Fact]
    public async Task Choices_log_probabilities_stops_and_schemas_are_the_engines()
    {
        var (_, two) = await PostAsync(_http, Chat, $$"""{{{Question}},"n":2,"max_tokens":4}""");
        Assert.Equal([0, 1], two["choices"]!.AsArray().Select(static choice => (int)choice!["index"]!));

        var (_, probable) = await PostAsync(_http, Chat, $$"""{{{Question}},"logprobs":true,"top_logprobs":2,"max_tokens":2}""");
        var tokens = probable["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.Equal([2, 2], tokens.Select(static token => token!["top_logprobs"]!.AsArray().Count));
        Assert.All(tokens, static token => Assert.True((double)token!["logprob"]! <= 0));

        var (_, stopped) = await PostAsync(_http, Chat, $$"""{{{Question}},"stop":["capital"]}""");
        Assert.Equal("stop", (string?)stopped["choices"]![0]!["finish_reason"]);
        Assert.DoesNotContain("capital", Text(stopped), StringComparison.Ordinal);

        const string schema = """{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}""";
        var (_, shaped) = await PostAsync(_http, Chat, $$"""{{{Question}},"max_tokens":60,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{{schema}} } } }""");
        Assert.IsType<bool>((bool)JsonNode.Parse(Text(shaped))!["a"]!);
    }

    [Fact]
    public async Task Responses_are_whole_and_their_events_are_numbered_in_order()
    {
        const string input = "\"model\":\"tiny\",\"input\":\"Who are you?\",\"temperature\":0";
        var (status, whole) = await PostAsync(_http, "responses", $$"""{{{input}}}""");
        Assert.Equal((200, "completed"), (status, (string?)whole["status"]));
        var text = (string)whole["output"]![0]!["content"]![0]!["text"]!;
        Assert.NotEmpty(text);

        var events = (await EventsAsync(_http, "responses", $$"""{{{input}},"stream":true}""")).Select(static data => JsonNode.Parse(data)!).ToList();
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(static one => (int)one["sequence_number"]!));
        var types = events.ConvertAll(static one => (string)one["type"]!);
        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
            ],
            types.Distinct());
        Assert.Equal(text, string.Concat(events.Where(static one => (string?)one["type"] == "response.output_text.delta").Select(static one => (string?)one["delta"])));
    }

    [Fact]
    public async Task A_response_that_may_be_cut_finds_room_in_the_engines_context()
    {
        var turns = string.Join(',', Enumerable.Range(0, 20).Select(static turn =>
            $$"""{"role":"{{(turn % 2 == 0 ? "user" : "assistant")}}","content":"{{string.Concat(Enumerable.Repeat("word ", 60))}}"}"""));
        var body = $$"""{"model":"tiny","max_output_tokens":16,"truncation":"TRUNCATION","input":[{{turns}},{"role":"user","content":"Who are you?"}]}""";
        Assert.Equal(400, (await PostAsync(_http, "responses", body.Replace("TRUNCATION", "disabled", StringComparison.Ordinal))).Status);
        var (status, answer) = await PostAsync(_http, "responses", body.Replace("TRUNCATION", "auto", StringComparison.Ordinal));
        Assert.True(status == 200, answer.ToJsonString());
    }

    [Fact]
    public async Task A_client_that_leaves_frees_the_engines_slot()
    {
        var (response, _) = await BeginAsync(_http, Chat, Endless);
        Assert.Equal(1, await _fixture.Engine.BusySlotsAsync());
        response.Dispose();
        await UntilAsync(async () => await _fixture.Engine.BusySlotsAsync() == 0, "the slot is free");
    }

    private static string Text(JsonNode answer) => (string)answer["choices"]![0]!["message"]!["content"]!;

    /// <summary>A key of its own, since the use of other tests may be recorded meanwhile.</summary>
    private async Task<(HttpClient Http, string Id)> KeyAsync(string name)
    {
        using var made = await _fixture.Resultity.Admin.PostAsync(
            new Uri("admin/v1/keys", UriKind.Relative), new StringContent($$"""{"name":"{{name}}","namespace":"{{name}}"}""", Encoding.UTF8, "application/json"));
        var key = JsonNode.Parse(await made.Content.ReadAsStringAsync())!;
        return (_fixture.Resultity.Client((string)key["key"]!), (string)key["id"]!);
    }

    private static string Streamed(IEnumerable<string> events) =>
        string.Concat(events.Where(static data => data != "[DONE]").Select(static data => (string?)JsonNode.Parse(data)!["choices"]![0]!["delta"]!["content"]));

    internal static void AssertError(JsonNode answer, string type)
    {
        var error = answer["error"]!.AsObject();
        Assert.Equal(["message", "type", "param", "code"], error.Select(static member => member.Key));
        Assert.NotEmpty((string)error["message"]!);
        Assert.NotEmpty((string)error["code"]!);
        Assert.Equal(type, (string?)error["type"]);
    }

    private async Task<long> OutputTokensAsync(string key) =>
        (await _fixture.Resultity.AdminAsync($"admin/v1/usage?key={key}"))["data"]!.AsArray().Sum(static row => (long)row!["output_tokens"]!);
}
