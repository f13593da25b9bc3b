using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Http;

/// <summary>Streams whose client lost the connection and comes back.</summary>
public sealed class ResumeTests : GatewayTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(options => options.ResumeGrace = TimeSpan.FromMilliseconds(700));

    [Fact]
    public async Task A_dropped_stream_goes_on_where_it_was_lost()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=30");
        var first = await StartAsync();
        await first.ReadEventsAsync(5);
        var id = first.RequestId;
        var seen = first.Events.ToList();
        await first.DisposeAsync();
        await using var second = await ResumeAsync(id, seen[^1].Id);
        await second.ReadToEndAsync();
        Assert.True(second.IsDone);
        var all = seen.Concat(second.Events[..^1]).ToList();
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(e => e.Id));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
        Assert.Equal(0, await Upstream.CountAsync("aborted"));
    }

    [Fact]
    public async Task A_stream_that_has_ended_can_be_read_again()
    {
        await using var first = await StartAsync();
        await first.ReadToEndAsync();
        await using var second = await ResumeAsync(first.RequestId, null);
        await second.ReadToEndAsync();
        Assert.Equal(first.Events, second.Events);
    }

    [Fact]
    public async Task Two_readers_follow_one_computation()
    {
        await Upstream.SetAsync("chunk-delay=20ms&chunks=30");
        await using var first = await StartAsync();
        await first.ReadEventsAsync(1);
        await using var second = await ResumeAsync(first.RequestId, 0);
        await Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync());
        Assert.Equal(first.Events, second.Events);
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task After_the_grace_a_plain_text_goes_on_from_the_tokens_that_were_sent()
    {
        await Upstream.SetAsync("chunk-delay=30ms&chunks=100");
        var first = await StartAsync();
        await first.ReadEventsAsync(4);
        await first.DisposeAsync();
        await Upstream.WaitForAsync("aborted", 1);
        await Upstream.SetAsync("chunk-delay=0&chunks=100");
        await using var second = await ResumeAsync(first.RequestId, first.Events[^1].Id);
        await second.ReadToEndAsync();
        Assert.True(second.IsDone);
        var all = first.Events.Concat(second.Events[..^1]).ToList();
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(e => e.Id));
        Assert.Equal(string.Concat(Enumerable.Range(0, 100).Select(i => $" t{i}")), string.Concat(all.Select(e => SseReading.TextOf(e.Data))));
        Assert.Equal(2, await Upstream.CountAsync("requests"));
        await using var third = await ResumeAsync(first.RequestId, null);
        await third.ReadToEndAsync();
        Assert.Equal(all.Count + 1, third.Events.Count);
    }

    [Fact]
    public async Task After_the_grace_what_cannot_go_on_is_replayed_and_does_not_look_whole()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        var first = await StartAsync(""","n":2""");
        await first.ReadEventsAsync(3);
        await first.DisposeAsync();
        await Upstream.WaitForAsync("aborted", 1);
        await using var second = await ResumeAsync(first.RequestId, 1);
        await second.ReadToEndAsync();
        Assert.Equal(2, second.Events[0].Id);
        AssertShape(second.Events[^1].Data);
        Assert.DoesNotContain(second.Events, e => e.Data == "[DONE]");
    }

    [Fact]
    public async Task Without_a_node_that_can_go_on_the_rest_is_an_error_event()
    {
        Gateway.AddNode("node-a", Upstream, continues: false);
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        var first = await StartAsync();
        await first.ReadEventsAsync(3);
        await first.DisposeAsync();
        await Upstream.WaitForAsync("aborted", 1);
        await using var second = await ResumeAsync(first.RequestId, 3);
        await second.ReadToEndAsync();
        AssertShape(second.Events[^1].Data);
        Assert.DoesNotContain(second.Events, e => e.Data == "[DONE]");
    }

    [Fact]
    public async Task Another_namespace_sees_nothing()
    {
        await using var first = await StartAsync();
        await first.ReadToEndAsync();
        using var stranger = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        using var foreign = await stranger.GetAsync($"/v1/requests/{first.RequestId}/events");
        using var unknown = await stranger.GetAsync("/v1/requests/req_00000000000000000000000000/events");
        Assert.Equal(404, (int)foreign.StatusCode);
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Fact]
    public async Task A_place_that_is_no_number_is_a_400()
    {
        await using var first = await StartAsync();
        await first.ReadToEndAsync();
        using var response = await SendAsync(HttpMethod.Get, $"/v1/requests/{first.RequestId}/events", null, HttpCompletionOption.ResponseContentRead, ("Last-Event-ID", "x"));
        await AssertErrorAsync(response, 400, "invalid_value");
    }

    private async Task<SseReading> StartAsync(string more = "") =>
        await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, "/v1/chat/completions", Streamed(more), HttpCompletionOption.ResponseHeadersRead));

    private async Task<SseReading> ResumeAsync(string id, long? after) => await SseReading.OpenAsync(await SendAsync(
        HttpMethod.Get, $"/v1/requests/{id}/events", null, HttpCompletionOption.ResponseHeadersRead, after is { } place ? [("Last-Event-ID", $"{place}")] : []));
}
