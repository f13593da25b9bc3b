using System.ClientModel;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Bench;

/// <summary>The upstream that other tests trust: it answers as OpenAI's SDK expects, and misbehaves as it is told.</summary>
public sealed class FakeUpstreamTests
{
    private const string Streamed = """{"model":"stub-model","stream":true,"messages":[{"role":"user","content":"one two three"}]}""";

    [Fact]
    public async Task The_official_sdk_reads_its_answers()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=4", "--api-key=secret");
        var client = new OpenAIClient(new ApiKeyCredential("secret"), new OpenAIClientOptions { Endpoint = new Uri(upstream.Address, "v1") });

        var chat = await client.GetChatClient("stub-model").CompleteChatAsync(new UserChatMessage("hello"));
        Assert.Equal(" t0 t1 t2 t3", chat.Value.Content[0].Text);
        Assert.Equal(4, chat.Value.Usage.OutputTokenCount);

        var text = new StringBuilder();
        ChatTokenUsage? usage = null;
        await foreach (var update in client.GetChatClient("stub-model").CompleteChatStreamingAsync(new UserChatMessage("hello")))
        {
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            usage ??= update.Usage;
        }

        Assert.Equal(" t0 t1 t2 t3", text.ToString());
        Assert.Equal(4, usage?.OutputTokenCount);

        var vectors = await client.GetEmbeddingClient("stub-model").GenerateEmbeddingsAsync(["a", "b"], new EmbeddingGenerationOptions { Dimensions = 5 });
        Assert.Equal([5, 5], vectors.Value.Select(vector => vector.ToFloats().Length));
        Assert.NotEqual(vectors.Value[0].ToFloats().ToArray(), vectors.Value[1].ToFloats().ToArray());
        Assert.Equal("stub-model", Assert.Single((await client.GetOpenAIModelClient().GetModelsAsync()).Value).Id);
    }

    [Fact]
    public async Task Begun_answer_is_continued_at_its_next_token()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=5");
        var body = """{"model":"stub-model","continue_final_message":true,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":" t0 t1 t2"}]}""";
        using var answer = await PostAsync(upstream, body);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(" t3 t4", json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(body, Encoding.UTF8.GetString(await upstream.LastBodyAsync()));
    }

    [Fact]
    public async Task Client_that_leaves_is_counted_as_aborted_and_runs_no_more()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--stall-after=2");
        using (var client = new HttpClient { BaseAddress = upstream.Address })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Streamed) };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await upstream.WaitForAsync("events", 2);
            Assert.Equal(1, await upstream.CountAsync("running"));
        }

        await upstream.WaitForAsync("running", 0);
        Assert.Equal(1, await upstream.CountAsync("aborted"));
        Assert.Equal(0, await upstream.CountAsync("served"));
    }

    [Fact]
    public async Task Truncated_stream_has_no_done_and_breaks_off()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=6", "--truncate");
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(upstream, Streamed));
        await upstream.SetAsync("truncate-clean=true");
        using var answer = await PostAsync(upstream, Streamed);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains(" t2", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" t3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_second_request_fails_when_told_so()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--fail-status=503", "--fail-every=2");
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var answer = await PostAsync(upstream, Streamed);
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], statuses);
        Assert.Equal(2, await upstream.CountAsync("failed"));
    }

    [Fact]
    public async Task Process_dies_in_the_middle_of_the_event_it_was_told()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--crash-after=3");
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(upstream, Streamed));
        await upstream.Process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.NotEqual(0, upstream.Process.ExitCode);
    }

    [Fact]
    public async Task Model_that_loads_is_not_ready()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--load=1m");
        using var loading = await PostAsync(upstream, Streamed);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, loading.StatusCode);
        await upstream.SetAsync("load=0");
        using var loaded = await PostAsync(upstream, Streamed);
        Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);
    }

    [Fact]
    public async Task Unknown_setting_is_refused()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => upstream.SetAsync("chunk=3"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => FakeUpstreamProcess.StartAsync("--chunks=many"));
    }

    private static async Task<HttpResponseMessage> PostAsync(FakeUpstreamProcess upstream, string body)
    {
        using var client = new HttpClient();
        return await client.PostAsync(new Uri(upstream.Address, "v1/chat/completions"), new StringContent(body, Encoding.UTF8, "application/json"));
    }
}
