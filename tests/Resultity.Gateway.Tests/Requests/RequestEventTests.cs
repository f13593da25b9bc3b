using System.Text.Json;

namespace Resultity.Gateway.Tests.Requests;

/// <summary><c>/events</c> of requests whose answers are fetched later.</summary>
public sealed class RequestEventTests : PollingTest
{
    [Fact]
    public async Task Status_and_output_come_as_they_happen()
    {
        await Upstream.SetAsync("chunk-delay=20ms&chunks=10");
        var request = await SubmitAsync(Streamed());
        await using var events = await FollowAsync(request);
        await events.ReadToEndAsync();
        var statuses = events.Events.Where(e => e.Id == 0 && e.Data != "[DONE]").Select(e => Status(JsonElement.Parse(e.Data))).Distinct().ToList();
        Assert.Contains(statuses[0], (string[])["queued", "in_progress"]);
        Assert.Equal("completed", statuses[^1]);
        var output = events.Events.Where(e => e.Id > 0).ToList();
        Assert.Equal(Enumerable.Range(1, output.Count).Select(i => (long)i), output.Select(e => e.Id));
        Assert.Contains(events.Events, e => e.Data == "[DONE]");
        Assert.All(output, e => Assert.Equal("chat.completion.chunk", JsonElement.Parse(e.Data).GetProperty("object").GetString()));
    }

    [Fact]
    public async Task A_client_goes_on_where_it_was_while_the_request_runs_and_after()
    {
        await Upstream.SetAsync("chunk-delay=30ms&chunks=20");
        var request = await SubmitAsync(Streamed());
        var first = await FollowAsync(request);
        while (first.Events.Count(e => e.Id > 0) < 4)
        {
            Assert.True(await first.ReadAsync());
        }

        var seen = first.Events.Where(e => e.Id > 0).ToList();
        await first.DisposeAsync();
        await using var live = await FollowAsync(request, seen[^1].Id);
        await live.ReadToEndAsync();
        await using var replayed = await FollowAsync(request, seen[^1].Id);
        await replayed.ReadToEndAsync();
        await using var whole = await FollowAsync(request);
        await whole.ReadToEndAsync();
        var all = whole.Events.Where(e => e.Id > 0).ToList();
        Assert.Equal(all, seen.Concat(live.Events.Where(e => e.Id > 0)));
        Assert.Equal(all, seen.Concat(replayed.Events.Where(e => e.Id > 0)));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_client_that_leaves_does_not_stop_the_request()
    {
        await Upstream.SetAsync("chunk-delay=30ms&chunks=20");
        var request = await SubmitAsync(Streamed());
        var events = await FollowAsync(request);
        await events.ReadEventsAsync(3);
        await events.DisposeAsync();
        Assert.Equal("completed", Status(await FinishedAsync(request)));
        Assert.Equal(0, await Upstream.CountAsync("aborted"));
    }

    [Fact]
    public async Task An_answer_that_is_no_stream_is_one_event()
    {
        var request = await FinishedAsync(await SubmitAsync());
        using var response = await AnswerAsync(request);
        await using var events = await FollowAsync(request);
        await events.ReadToEndAsync();
        Assert.Equal(await response.Content.ReadAsStringAsync(), Assert.Single(events.Events, e => e.Id > 0).Data);
        Assert.Equal("completed", Status(JsonElement.Parse(events.Events[^1].Data)));
    }

    [Fact]
    public async Task The_end_of_a_cancelled_request_is_told()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await SubmitAsync(Streamed());
        await Upstream.WaitForAsync("running", 1);
        await using var events = await FollowAsync(request);
        await events.ReadEventsAsync(1);
        using var cancel = await PostAsync($"{Url(request)}/cancel", "");
        await events.ReadToEndAsync();
        Assert.Equal("cancelled", Status(JsonElement.Parse(events.Events[^1].Data)));
    }

    [Fact]
    public async Task A_place_that_is_no_number_is_a_400()
    {
        var request = await FinishedAsync(await SubmitAsync());
        using var response = await SendAsync(HttpMethod.Get, $"{Url(request)}/events", null, HttpCompletionOption.ResponseContentRead, ("Last-Event-ID", "x"));
        await AssertErrorAsync(response, 400, "invalid_value");
    }
}
