using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Idempotency;

/// <summary>Requests with an <c>Idempotency-Key</c>, as a client sees them.</summary>
public sealed class IdempotencyTests : GatewayTest
{
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task The_same_request_gets_the_same_answer_and_is_computed_once()
    {
        using var first = await PostAsync(Chat, ChatBody, Key("k1"));
        using var second = await PostAsync(Chat, ChatBody, Key("k1"));
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(["true"], second.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(await BytesAsync(first), await BytesAsync(second));
        Assert.Equal(first.StatusCode, second.StatusCode);
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        foreach (var name in (string[])["x-request-id", "x-resultity-node", "x-resultity-model"])
        {
            Assert.Equal(first.Headers.GetValues(name), second.Headers.GetValues(name));
        }

        Assert.Equal(1, await Upstream.CountAsync("requests"));
        Assert.Equal(1, (await LedgerAsync()).Requests);
    }

    [Fact]
    public async Task A_request_that_still_runs_is_waited_for()
    {
        await Upstream.SetAsync("latency=2s");
        var first = PostAsync(Chat, ChatBody, Key("k1"));
        await Upstream.WaitForAsync("running", 1);
        var others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(Chat, ChatBody, Key("k1"))));
        var expected = await BytesAsync(await first);
        foreach (var other in others)
        {
            Assert.Equal(expected, await BytesAsync(other));
            other.Dispose();
        }

        Assert.Equal(1, await Upstream.CountAsync("requests"));
        Assert.Equal(1, (await LedgerAsync()).Requests);
    }

    [Fact]
    public async Task A_client_that_left_finds_its_request_still_running_when_it_retries_at_once()
    {
        await Upstream.SetAsync("latency=1500ms");
        using var leaving = new CancellationTokenSource();
        var first = Gateway.Http.SendAsync(Message(ChatBody, "k1"), leaving.Token);
        await Upstream.WaitForAsync("running", 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        using var again = await PostAsync(Chat, ChatBody, Key("k1"));
        Assert.True(again.IsSuccessStatusCode);
        Assert.Equal((1L, 0L), (await Upstream.CountAsync("requests"), await Upstream.CountAsync("aborted")));
    }

    [Fact]
    public async Task A_client_that_stays_away_stops_the_computation_and_its_key_is_free_again()
    {
        await Upstream.SetAsync("latency=60s");
        using var leaving = new CancellationTokenSource();
        var first = Gateway.Http.SendAsync(Message(ChatBody, "k1"), leaving.Token);
        await Upstream.WaitForAsync("running", 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Upstream.WaitForAsync("running", 0);
        await Upstream.SetAsync("latency=0");
        using var again = await PostAsync(Chat, ChatBody, Key("k1"));
        Assert.True(again.IsSuccessStatusCode);
        Assert.Equal(2, await Upstream.CountAsync("requests"));
    }

    [Theory]
    [InlineData(Chat, """{"model":"stub-model","messages":[{"role":"user","content":"Other"}]}""")]
    [InlineData("/v1/completions", """{"model":"stub-model","prompt":"Hello"}""")]
    public async Task Another_body_or_route_under_the_same_key_is_refused_for_good(string path, string body)
    {
        using var first = await PostAsync(Chat, ChatBody, Key("k1"));
        using var second = await PostAsync(path, body, Key("k1"));
        var error = await AssertErrorAsync(second, 422, "idempotency_key_reused");
        Assert.Equal("Idempotency-Key", error.GetProperty("param").GetString());
        Assert.Equal(["false"], second.Headers.GetValues("x-should-retry"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tab\there")]
    public async Task A_key_that_cannot_be_one_is_refused(string key)
    {
        using var response = await PostAsync(Chat, ChatBody, Key(key));
        await AssertErrorAsync(response, 400, "invalid_value");
    }

    [Fact]
    public async Task A_key_of_256_characters_is_too_long_and_one_of_255_is_not()
    {
        using var longest = await PostAsync(Chat, ChatBody, Key(new string('k', 255)));
        Assert.True(longest.IsSuccessStatusCode);
        using var tooLong = await PostAsync(Chat, ChatBody, Key(new string('k', 256)));
        await AssertErrorAsync(tooLong, 400, "invalid_value");
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        await Upstream.SetAsync("fail-status=500");
        using var first = await PostAsync(Chat, ChatBody, Key("k1"));
        Assert.True((int)first.StatusCode >= 500);
        await Upstream.SetAsync("fail-status=0");
        using var second = await PostAsync(Chat, ChatBody, Key("k1"));
        Assert.True(second.IsSuccessStatusCode, await second.Content.ReadAsStringAsync());
        Assert.False(second.Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task A_stream_is_given_again_from_its_start()
    {
        using var first = await PostAsync(Chat, Streamed(), Key("k1"));
        using var second = await PostAsync(Chat, Streamed(), Key("k1"));
        var text = await first.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(text, await second.Content.ReadAsStringAsync());
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        Assert.Equal(["true"], second.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_second_client_follows_a_stream_that_runs()
    {
        await Upstream.SetAsync("chunks=20&chunk-delay=100ms");
        using var first = await SendAsync(HttpMethod.Post, Chat, Streamed(), HttpCompletionOption.ResponseHeadersRead, Key("k1"));
        var second = PostAsync(Chat, Streamed(), Key("k1"));
        var text = await first.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(text, await (await second).Content.ReadAsStringAsync());
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_stream_that_broke_off_is_computed_again()
    {
        await Upstream.SetAsync("error-after=2");
        using var first = await PostAsync(Chat, Streamed(), Key("k1"));
        Assert.DoesNotContain("[DONE]", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Upstream.SetAsync("error-after=0");
        using var second = await PostAsync(Chat, Streamed(), Key("k1"));
        Assert.Contains("[DONE]", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(second.Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task A_large_answer_is_kept_as_a_blob_and_given_again()
    {
        await Upstream.SetAsync("chunks=2000&pad=100");
        using var first = await PostAsync(Chat, ChatBody, Key("k1"));
        using var second = await PostAsync(Chat, ChatBody, Key("k1"));
        var bytes = await BytesAsync(first);
        Assert.True(bytes.Length > 100_000);
        Assert.Equal(bytes, await BytesAsync(second));
    }

    [Fact]
    public async Task A_submission_for_polling_makes_one_request()
    {
        using var first = await PostAsync(Chat, ChatBody, Key("k1"), ("Prefer", "respond-async"));
        using var second = await PostAsync(Chat, ChatBody, Key("k1"), ("Prefer", "respond-async"));
        Assert.Equal((202, 202), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(await BytesAsync(first), await BytesAsync(second));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
    }

    [Fact]
    public async Task Namespaces_do_not_see_each_others_keys()
    {
        using var first = await PostAsync(Chat, ChatBody, Key("k1"));
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("other"));
        using var second = await other.SendAsync(Message(ChatBody, "k1"), TestContext.Current.CancellationToken);
        Assert.True(second.IsSuccessStatusCode);
        Assert.False(second.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(2, await Upstream.CountAsync("requests"));
    }

    private static (string, string) Key(string key) => ("Idempotency-Key", key);

    private static Task<byte[]> BytesAsync(HttpResponseMessage response) => response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

    private static HttpRequestMessage Message(string body, string key)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = Json(body) };
        message.Headers.Add("Idempotency-Key", key);
        return message;
    }

    private async Task<(long Requests, long Tokens)> LedgerAsync()
    {
        await Gateway.Services.GetRequiredService<UsageMeter>().FlushAsync(TestContext.Current.CancellationToken);
        var rows = await Gateway.Services.GetRequiredService<IUsageStore>().QueryAsync(new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), TestContext.Current.CancellationToken);
        return (rows.Sum(row => row.Requests), rows.Sum(row => row.InputTokens + row.OutputTokens));
    }
}
