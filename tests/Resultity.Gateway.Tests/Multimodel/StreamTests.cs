using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>What a client sees that asks several models and reads the answer as it comes.</summary>
public sealed class StreamTests : MultimodelTest
{
    [Fact]
    public async Task All_interleaves_the_members_and_tells_them_apart_by_choice_and_model()
    {
        var events = await StreamAsync("\"model\":\"a+b\"," + Messages);

        Assert.Equal("[DONE]", events[^1].GetString());
        var last = events[^2];
        Assert.Equal(["a completed", "b completed"], Statuses(last));
        Assert.All(last.GetProperty("multimodel").GetProperty("members").EnumerateArray(), static member => Assert.True(member.GetProperty("ttft_ms").GetDouble() > 0));
        Assert.False(last.TryGetProperty("usage", out _));
        var chunks = events[..^2];
        Assert.Single(chunks.Select(static chunk => chunk.GetProperty("id").GetString()).Distinct());
        foreach (var (index, model) in new[] { (0, "a"), (1, "b") })
        {
            var own = chunks.Select(static chunk => Assert.Single(chunk.GetProperty("choices").EnumerateArray())).Where(choice => choice.GetProperty("index").GetInt32() == index).ToList();
            Assert.All(own, choice => Assert.Equal(model, choice.GetProperty("model").GetString()));
            Assert.Equal(" t0 t1 t2 t3 t4", string.Concat(own.Select(static choice => choice.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : "")));
            Assert.Equal("stop", own[^1].GetProperty("finish_reason").GetString());
        }
    }

    [Fact]
    public async Task Usage_is_the_sum_where_it_is_asked_for_and_comes_once()
    {
        var events = await StreamAsync("\"model\":\"a+b\",\"stream_options\":{\"include_usage\":true}," + Messages);

        var usage = Assert.Single(events, static one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object);
        Assert.Empty(usage.GetProperty("choices").EnumerateArray());
        Assert.Equal(10, usage.GetProperty("usage").GetProperty("completion_tokens").GetInt64());
    }

    [Fact]
    public async Task A_slow_member_does_not_hold_a_fast_one_back()
    {
        await A.SetAsync("stall-after=1");
        using var response = await PostAsync("{\"stream\":true,\"model\":\"a+b\"," + Messages + "}", stream: true);
        await using var reading = await SseReading.OpenAsync(response);

        // One event of the stalled member, five of the other and its end.
        await reading.ReadEventsAsync(7);

        Assert.Contains(reading.Events, static one => one.Data.Contains("\"index\":1", StringComparison.Ordinal) && one.Data.Contains("\"stop\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_that_breaks_off_is_told_of_in_its_place_and_the_other_goes_on()
    {
        await B.SetAsync("error-after=2");

        var events = await StreamAsync("\"model\":\"a+b\",\"tools\":[]," + Messages);

        Assert.Equal("[DONE]", events[^1].GetString());
        var failure = Assert.Single(events, static one => one.ValueKind == JsonValueKind.Object && one.GetProperty("choices").EnumerateArray().Any(static choice => choice.TryGetProperty("error", out _)));
        Assert.Equal(1, failure.GetProperty("choices")[0].GetProperty("index").GetInt32());
        Assert.Equal("length", failure.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal("bad_node_answer", failure.GetProperty("choices")[0].GetProperty("error").GetProperty("code").GetString());
        Assert.False(failure.TryGetProperty("error", out _));
        Assert.Equal(["a completed", "b failed"], Statuses(events[^2]));
    }

    [Fact]
    public async Task A_stream_with_too_few_whole_answers_does_not_look_whole()
    {
        await B.SetAsync("error-after=2");

        var events = await StreamAsync("\"multimodel\":{\"models\":[\"a\",\"b\"],\"min_success\":2},\"tools\":[]," + Messages);

        Assert.Equal("too_few_answers", events[^1].GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task When_no_member_begins_the_status_says_why()
    {
        await A.SetAsync("fail-status=400");
        await B.SetAsync("fail-status=400");

        using var response = await PostAsync("{\"stream\":true,\"model\":\"a+b\"," + Messages + "}", stream: true);

        await GatewayTest.AssertErrorAsync(response, 400, "invalid_request");
    }

    [Theory]
    [InlineData("first")]
    [InlineData("hedge")]
    public async Task The_first_to_begin_is_streamed_and_the_others_are_stopped(string mode)
    {
        await A.SetAsync("latency=1m");

        var events = await StreamAsync($$"""{{Messages}},"multimodel":{"mode":"{{mode}}","models":["a","b"]{{(mode == "hedge" ? ",\"hedge_ms\":20" : "")}}}""");

        Assert.Equal("[DONE]", events[^1].GetString());
        Assert.All(events[..^1], static chunk => Assert.Equal("b", chunk.GetProperty("model").GetString()));
        Assert.Equal(["a cancelled", "b completed"], Statuses(events[^2]));
        await A.WaitForAsync("running", 0);
    }

    [Fact]
    public async Task A_fallback_s_first_event_says_what_failed()
    {
        await A.SetAsync("fail-status=500");

        var events = await StreamAsync("\"model\":\"a|b\"," + Messages);

        Assert.Equal("a", events[0].GetProperty("failed_models")[0].GetProperty("model").GetString());
        Assert.All(events[1..^1], static chunk => Assert.False(chunk.TryGetProperty("failed_models", out _)));
        Assert.Equal(" t0 t1 t2 t3 t4", string.Concat(events[..^1].Select(static chunk => SseReading.TextOf(chunk.GetRawText()))));
    }

    [Fact]
    public async Task A_client_that_leaves_stops_all_members()
    {
        await A.SetAsync("stall-after=1");
        await B.SetAsync("stall-after=1");
        using (var response = await PostAsync("{\"stream\":true,\"model\":\"a+b\"," + Messages + "}", stream: true))
        {
            await using var reading = await SseReading.OpenAsync(response);
            await reading.ReadEventsAsync(2);
        }

        await A.WaitForAsync("running", 0, TimeSpan.FromSeconds(30));
        await B.WaitForAsync("running", 0, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_stream_of_several_can_be_resumed_from_any_event()
    {
        using var response = await PostAsync("{\"stream\":true,\"model\":\"a+b\"," + Messages + "}", stream: true);
        await using var reading = await SseReading.OpenAsync(response);
        await reading.ReadToEndAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/requests/{reading.RequestId}/events");
        request.Headers.Add("Last-Event-ID", "3");

        using var again = await Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var rest = await SseReading.OpenAsync(again);
        await rest.ReadToEndAsync();

        Assert.Equal(reading.Events[3..], rest.Events);
    }

    [Fact]
    public async Task Text_completions_are_streamed_with_choices_numbered_through()
    {
        var events = await StreamAsync("\"model\":\"a+b\",\"n\":1,\"prompt\":[\"x\",\"y\"]", "v1/completions");

        Assert.Equal([0, 2], events[..^2].Select(static chunk => chunk.GetProperty("choices")[0].GetProperty("index").GetInt32()).Distinct().Order());
    }
}
