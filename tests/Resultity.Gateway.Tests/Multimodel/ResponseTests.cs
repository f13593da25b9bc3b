#pragma warning disable OPENAI001 // The SDK marks all of responses as under evaluation.
using System.Text.Json;
using OpenAI.Responses;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>What a client of <c>/v1/responses</c> sees that asks several models.</summary>
public sealed class ResponseTests : MultimodelTest
{
    private const string Path = "v1/responses";

    // Not plain text, so that no other node goes on with it.
    private const string Unmovable = "\"input\":\"hi\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]";

    [Fact]
    public async Task Every_member_has_an_item_that_says_whose_it_is()
    {
        var answer = await AskAsync("\"model\":\"a+b\",\"input\":\"hi\"", Path);

        Assert.Equal("completed", answer.GetProperty("status").GetString());
        Assert.Equal(["0 a: t0 t1 t2 t3 t4", "1 b: t0 t1 t2 t3 t4"], Items(answer));
        Assert.Equal(["a completed", "b completed"], Statuses(answer));
        Assert.Equal(10, answer.GetProperty("usage").GetProperty("output_tokens").GetInt64());
        Assert.Equal("a+b", answer.GetProperty("model").GetString());
    }

    [Fact]
    public async Task A_member_that_failed_is_told_of_beside_the_items_of_the_others()
    {
        await A.SetAsync("fail-status=500");

        var answer = await AskAsync("\"model\":\"a+b\",\"input\":\"hi\"", Path);

        Assert.Equal(["1 b: t0 t1 t2 t3 t4"], Items(answer));
        Assert.Equal(["a failed", "b completed"], Statuses(answer));
    }

    [Fact]
    public async Task A_fallback_says_what_failed_and_has_one_item_as_any_response()
    {
        await A.SetAsync("fail-status=500");

        var answer = await AskAsync("\"model\":\"a|b\",\"input\":\"hi\"", Path);

        Assert.Equal("a", answer.GetProperty("failed_models")[0].GetProperty("model").GetString());
        Assert.False(Assert.Single(answer.GetProperty("output").EnumerateArray()).TryGetProperty("member", out _));
    }

    [Fact]
    public async Task Streamed_items_grow_side_by_side_and_are_the_same_in_the_end()
    {
        var events = await StreamAsync("\"model\":\"a+b\",\"input\":\"hi\"", Path);

        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(static one => one.GetProperty("sequence_number").GetInt32()));
        var whole = events[^1].GetProperty("response");
        Assert.Equal("response.completed", events[^1].GetProperty("type").GetString());
        Assert.Equal(["a: t0 t1 t2 t3 t4", "b: t0 t1 t2 t3 t4"], Items(whole).Select(static item => item[2..]).Order());
        Assert.Equal(["a completed", "b completed"], Statuses(whole));
        foreach (var (item, index) in whole.GetProperty("output").EnumerateArray().Select(static (item, index) => (item, index)))
        {
            var own = events.Where(one => one.TryGetProperty("output_index", out var output) && output.GetInt32() == index).ToList();
            Assert.Equal("response.output_item.added", own[0].GetProperty("type").GetString());
            Assert.Equal("response.output_item.done", own[^1].GetProperty("type").GetString());
            Assert.Equal(item.GetRawText(), own[^1].GetProperty("item").GetRawText());
            Assert.Equal(
                item.GetProperty("content")[0].GetProperty("text").GetString(),
                string.Concat(own.Where(static one => one.GetProperty("type").ValueEquals("response.output_text.delta")).Select(static one => one.GetProperty("delta").GetString())));
        }
    }

    [Fact]
    public async Task A_member_that_breaks_off_leaves_an_incomplete_item_that_says_why_and_the_other_completes()
    {
        await B.SetAsync("error-after=2");

        var events = await StreamAsync("\"model\":\"a+b\"," + Unmovable, Path);

        var whole = events[^1].GetProperty("response");
        Assert.Equal("completed", whole.GetProperty("status").GetString());
        Assert.Equal(["a completed", "b failed"], Statuses(whole));
        var broken = whole.GetProperty("output").EnumerateArray().Single(static item => item.GetProperty("member").GetInt32() == 1);
        Assert.Equal("incomplete", broken.GetProperty("status").GetString());
        Assert.Equal("bad_node_answer", broken.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(events, one => one.GetProperty("type").ValueEquals("response.output_item.done") && one.GetProperty("item").GetRawText() == broken.GetRawText());
    }

    [Fact]
    public async Task Too_few_whole_answers_fail_the_response()
    {
        await B.SetAsync("error-after=2");

        var events = await StreamAsync("\"multimodel\":{\"models\":[\"a\",\"b\"],\"min_success\":2}," + Unmovable, Path);

        Assert.Equal("response.failed", events[^1].GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("b", " t0 t1")]
    [InlineData("c", " t0 t1 t2 t3 t4")]
    public async Task A_conversation_goes_on_from_the_model_s_own_answer_or_else_from_the_first(string model, string earlier)
    {
        await B.SetAsync("chunks=2");
        var first = (await AskAsync("\"model\":\"a+b\",\"input\":\"hi\"", Path)).GetProperty("id").GetString();

        var second = (await AskAsync($"\"model\":\"{model}\",\"input\":\"and now\",\"previous_response_id\":\"{first}\"", Path)).GetProperty("id").GetString();

        var seen = JsonElement.Parse(await Gateway.Http.GetStringAsync(new Uri($"v1/responses/{second}/input_items?order=asc", UriKind.Relative), Stop));
        Assert.Equal(["hi", earlier, "and now"], seen.GetProperty("data").EnumerateArray().Select(static item => item.GetProperty("content")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task The_official_sdk_reads_the_items_of_all_members()
    {
        var client = Gateway.OpenAi().GetResponsesClient();
        ResponseResult whole = await client.CreateResponseAsync("a+b", "hi");
        Assert.Equal(2, whole.OutputItems.OfType<MessageResponseItem>().Count());

        await B.SetAsync("error-after=2");
        ResponseResult? last = null;
        await foreach (var update in await client.CreateResponseStreamingAsync(new CreateResponseOptions("a+b", [ResponseItem.CreateUserMessageItem("hi")]) { StreamingEnabled = true }, Stop))
        {
            last = (update as StreamingResponseCompletedUpdate)?.Response ?? last;
        }

        Assert.Equal(ResponseStatus.Completed, last!.Status);
    }

    private static string[] Items(JsonElement response) =>
        [.. response.GetProperty("output").EnumerateArray().Select(static item => $"{item.GetProperty("member")} {item.GetProperty("model")}:{item.GetProperty("content")[0].GetProperty("text")}")];
}
