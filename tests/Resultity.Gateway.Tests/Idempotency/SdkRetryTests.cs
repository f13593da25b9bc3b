using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Http.Retries;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Idempotency;

/// <summary>Retries of SDKs that send no key and number their tries.</summary>
public sealed class SdkRetryTests : GatewayTest
{
    private const string Chat = "/v1/chat/completions";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_retry_waits_for_the_attempt_whose_client_has_left()
    {
        await Upstream.SetAsync("latency=1s");
        await LeaveAsync(Chat, ChatBody);

        using var retry = await PostAsync(Chat, ChatBody, Try(1));

        Assert.True(retry.IsSuccessStatusCode, await retry.Content.ReadAsStringAsync(Stop));
        Assert.Equal(["true"], retry.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal((1L, 0L), (await Upstream.CountAsync("requests"), await Upstream.CountAsync("aborted")));
        Assert.Equal(1, await ChargedAsync());
    }

    [Fact]
    public async Task A_retry_gets_an_answer_that_was_ready_before_it_came()
    {
        await Upstream.SetAsync("latency=400ms");
        await LeaveAsync(Chat, ChatBody);
        await Upstream.WaitForAsync("served", 1);

        using var retry = await PostAsync(Chat, ChatBody, Try(1));
        using var another = await PostAsync(Chat, ChatBody, Try(2));

        Assert.Equal(["true"], retry.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(await retry.Content.ReadAsStringAsync(Stop), await another.Content.ReadAsStringAsync(Stop));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task An_attempt_is_stopped_if_no_retry_comes()
    {
        await Upstream.SetAsync("latency=60s");
        await LeaveAsync(Chat, ChatBody);
        await Upstream.WaitForAsync("aborted", 1);
        await Upstream.SetAsync("latency=0");

        using var late = await PostAsync(Chat, ChatBody, Try(1));

        Assert.True(late.IsSuccessStatusCode);
        Assert.False(late.Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task A_stream_is_given_from_its_start_and_goes_on()
    {
        await Upstream.SetAsync("chunks=10&chunk-delay=100ms");
        var body = Streamed();
        using (var first = await SendAsync(HttpMethod.Post, Chat, body, HttpCompletionOption.ResponseHeadersRead, Try(0)))
        {
            var events = await first.Content.ReadAsStreamAsync(Stop);
            Assert.NotEqual(0, await events.ReadAsync(new byte[100], Stop));
        }

        await NoticedAsync();

        using var retry = await PostAsync(Chat, body, Try(1));

        var text = await retry.Content.ReadAsStringAsync(Stop);
        Assert.Contains(" t0", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(["true"], retry.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_stream_whose_client_left_before_its_first_event_is_found_as_well()
    {
        await Upstream.SetAsync("latency=1s");
        await LeaveAsync(Chat, Streamed());

        using var retry = await PostAsync(Chat, Streamed(), Try(1));

        Assert.EndsWith("data: [DONE]\n\n", await retry.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal((1L, 0L), (await Upstream.CountAsync("requests"), await Upstream.CountAsync("aborted")));
    }

    [Fact]
    public async Task A_submission_that_waits_for_its_result_is_found_and_not_made_again()
    {
        await Upstream.SetAsync("latency=1s");
        await LeaveAsync(Chat, ChatBody, ("Prefer", "respond-async, wait=30"));

        using var retry = await PostAsync(Chat, ChatBody, Try(1), ("Prefer", "respond-async, wait=30"));

        Assert.True(retry.IsSuccessStatusCode, await retry.Content.ReadAsStringAsync(Stop));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task Calls_that_say_the_same_are_two_calls_while_both_have_their_clients()
    {
        await Upstream.SetAsync("latency=500ms");
        var first = PostAsync(Chat, ChatBody, Try(0));
        await Upstream.WaitForAsync("running", 1);

        using var second = await PostAsync(Chat, ChatBody, Try(1));

        Assert.False(second.Headers.Contains("Idempotent-Replayed"));
        (await first).Dispose();
        Assert.Equal(2, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task Another_body_another_key_and_a_first_try_are_computed()
    {
        await Upstream.SetAsync("latency=400ms");
        await LeaveAsync(Chat, ChatBody);
        await Upstream.WaitForAsync("served", 1);

        using var other = await PostAsync(Chat, ChatBody.Replace("Hello", "Goodbye", StringComparison.Ordinal), Try(1));
        using var stranger = Gateway.ClientWith(await Gateway.AddKeyAsync("other"));
        using var foreign = await stranger.SendAsync(Message(ChatBody, 1), Stop);
        using var first = await PostAsync(Chat, ChatBody, Try(0));

        Assert.All((HttpResponseMessage[])[other, foreign, first], static response => Assert.False(response.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal(4, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_failure_that_nobody_heard_is_not_given_to_the_retry()
    {
        await Upstream.SetAsync("latency=400ms&malformed=true");
        await LeaveAsync(Chat, ChatBody);
        await Upstream.WaitForAsync("running", 0);
        await Upstream.SetAsync("latency=0&malformed=false");

        using var retry = await PostAsync(Chat, ChatBody, Try(1));

        Assert.True(retry.IsSuccessStatusCode, await retry.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_response_is_found_as_a_chat_is()
    {
        await Upstream.SetAsync("latency=1s");
        const string Body = """{"model":"stub-model","input":"Hello"}""";
        await LeaveAsync("/v1/responses", Body);

        using var retry = await PostAsync("/v1/responses", Body, Try(1));

        Assert.Equal(["true"], retry.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    private static (string, string) Try(int number) => ("x-stainless-retry-count", $"{number}");

    private static HttpRequestMessage Message(string body, int number, string path = Chat)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        message.Headers.Add(Try(number).Item1, Try(number).Item2);
        return message;
    }

    /// <summary>A first try whose client leaves while it is computed.</summary>
    private async Task LeaveAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var leaving = new CancellationTokenSource();
        var message = Message(body, 0, path);
        foreach (var (name, value) in headers)
        {
            message.Headers.Add(name, value);
        }

        var first = Gateway.Http.SendAsync(message, leaving.Token);
        await Upstream.WaitForAsync("running", 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await NoticedAsync();
    }

    /// <summary>The gateway has seen that the client is gone, for which the SDKs' pauses leave it time.</summary>
    private async Task NoticedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Gateway.Services.GetRequiredService<SdkRetries>().Count == 0)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private async Task<long> ChargedAsync()
    {
        await Gateway.Services.GetRequiredService<UsageMeter>().FlushAsync(Stop);
        var rows = await Gateway.Services.GetRequiredService<IUsageStore>().QueryAsync(new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), Stop);
        return rows.Sum(static row => row.Requests);
    }
}
