using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Http.Streaming;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Chat;

/// <summary>Streams as they are on the wire.</summary>
public sealed class ChatStreamTests : GatewayTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(options =>
    {
        options.KeepAlive = TimeSpan.FromMilliseconds(300);
        options.AcceptStreamsAfter = TimeSpan.FromMilliseconds(150);
    });

    [Fact]
    public async Task Events_are_numbered_and_a_whole_answer_ends_with_done()
    {
        await using var stream = await OpenAsync();
        await stream.ReadToEndAsync();
        Assert.True(stream.IsDone);
        var numbered = stream.Events[..^1];
        Assert.Equal(Enumerable.Range(1, numbered.Count).Select(i => (long)i), numbered.Select(e => e.Id));
        Assert.DoesNotContain(numbered, e => e.Data.Contains("\"usage\":{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Usage_comes_as_the_last_chunk_if_it_was_asked_for()
    {
        await using var stream = await OpenAsync(""","stream_options":{"include_usage":true}""");
        await stream.ReadToEndAsync();
        using var last = JsonDocument.Parse(stream.Events[^2].Data);
        Assert.Equal(5, last.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Empty(last.RootElement.GetProperty("choices").EnumerateArray());
    }

    [Fact]
    public async Task A_slow_model_is_accepted_with_a_comment_and_kept_alive()
    {
        await Upstream.SetAsync("latency=1500ms");
        await using var stream = await OpenAsync();
        await stream.ReadEventsAsync(1);
        Assert.InRange(stream.Comments.Count, 2, 10);
        Assert.All(stream.Comments, comment => Assert.Equal("keep-alive", comment));
        await stream.ReadToEndAsync();
        Assert.True(stream.IsDone);
    }

    [Fact]
    public async Task A_refusal_of_the_upstream_keeps_its_status()
    {
        await using var patient = await TestGateway.StartAsync(options => options.AcceptStreamsAfter = TimeSpan.FromMinutes(1));
        patient.AddNode("node-a", Upstream);
        await Upstream.SetAsync("fail-status=400");
        using var response = await patient.Http.PostAsync("/v1/chat/completions", Json(Streamed()));
        Assert.Equal(400, (int)response.StatusCode);
        AssertShape(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_refusal_after_acceptance_is_an_error_event_without_done()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        var running = await OpenAsync();
        await running.ReadEventsAsync(1);
        await using var stream = await OpenAsync();
        await stream.ReadAsync();
        await Upstream.SetAsync("fail-status=400");
        await running.DisposeAsync();
        await stream.ReadToEndAsync();
        AssertEndsWithError(stream);
        Assert.Single(stream.Events);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_with_an_error_event_and_never_looks_whole()
    {
        await Upstream.SetAsync("truncate=3");
        await using var stream = await OpenAsync(""","n":2""");
        await stream.ReadToEndAsync();
        AssertEndsWithError(stream);
    }

    [Fact]
    public async Task A_request_that_waits_in_a_queue_is_told_its_position()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=100ms&chunks=10");
        await using var running = await OpenAsync();
        await running.ReadEventsAsync(1);
        await using var waiting = await OpenAsync();
        await waiting.ReadAsync();
        Assert.Equal("queued position=1", waiting.Comments[0]);
        await waiting.ReadToEndAsync();
        Assert.True(waiting.IsDone);
        await running.ReadToEndAsync();
        Assert.True(running.IsDone);
    }

    [Fact]
    public async Task A_queue_that_moves_tells_how_long_a_wait_may_take()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=5ms&chunks=4");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var stream = await OpenAsync();
            await stream.ReadToEndAsync();
            Assert.True(stream.IsDone);
        }));
        await Upstream.SetAsync("chunk-delay=100ms&chunks=10");
        await using var running = await OpenAsync();
        await running.ReadEventsAsync(1);
        await using var waiting = await OpenAsync();
        await waiting.ReadAsync();
        Assert.Matches(@"^queued position=1 eta_p50=[0-9.]+ eta_p90=[0-9.]+$", waiting.Comments[0]);
    }

    [Fact]
    public async Task A_request_whose_deadline_passes_in_the_queue_is_told_where_it_stood()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=100ms&chunks=100");
        await using var running = await OpenAsync();
        await running.ReadEventsAsync(1);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"model":"{{TestGateway.Model}}","messages":[{"role":"user","content":"hi"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Cancel-After", "300ms");
        using var response = await Gateway.Http.SendAsync(request);
        var body = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((504, "deadline_exceeded"), ((int)response.StatusCode, body["error"]!["code"]!.GetValue<string>()));
        Assert.Equal((1, 0, true), (body["queue"]!["position"]!.GetValue<int>(), body["queue"]!["ahead"]!.GetValue<int>(), body["queue"]!["possible"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_client_that_goes_stops_the_computation_within_a_second_or_so()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        var stream = await OpenAsync();
        await stream.ReadEventsAsync(2);
        var started = TimeProvider.System.GetTimestamp();
        await stream.DisposeAsync();
        await Upstream.WaitForAsync("aborted", 1);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0, 1.5);
    }

    [Fact]
    public async Task A_client_that_goes_while_it_waits_leaves_the_queue()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        var running = await OpenAsync();
        await running.ReadEventsAsync(1);
        var waiting = await OpenAsync();
        await waiting.ReadAsync();
        await waiting.DisposeAsync();
        await running.DisposeAsync();
        await Upstream.WaitForAsync("running", 0);
        await Upstream.SetAsync("chunk-delay=0&chunks=3");
        await using var next = await OpenAsync();
        await next.ReadToEndAsync();
        Assert.True(next.IsDone);
        Assert.Equal(2, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_client_that_goes_before_the_answer_stops_the_computation()
    {
        await Upstream.SetAsync("latency=30s");
        using var cancel = new CancellationTokenSource();
        var asked = Gateway.Http.PostAsync("/v1/chat/completions", Json(ChatBody), cancel.Token);
        await Upstream.WaitForAsync("running", 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Upstream.WaitForAsync("running", 0);
    }

    [Fact]
    public async Task Open_streams_are_let_go_of_when_they_end()
    {
        var clock = Gateway.Services.GetRequiredService<StreamClock>();
        var atRest = clock.Count;
        await using (var stream = await OpenAsync())
        {
            await stream.ReadToEndAsync();
        }

        await Eventually.IsTrueAsync(() => clock.Count == atRest, "nothing more is on the clock than before the stream");
    }

    private static void AssertEndsWithError(SseReading stream)
    {
        Assert.DoesNotContain(stream.Events, e => e.Data == "[DONE]");
        var data = stream.Events[^1].Data;
        AssertShape(data);
        using var json = JsonDocument.Parse(data);
        Assert.Equal("error", json.RootElement.GetProperty("finish_reason").GetString());
        Assert.Equal("error", json.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    private async Task<SseReading> OpenAsync(string more = "") =>
        await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, "/v1/chat/completions", Streamed(more), HttpCompletionOption.ResponseHeadersRead));
}
