using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Hosting;

namespace Resultity.Gateway.Tests.Requests;

/// <summary>Looking at requests: status, waiting, lists, cancel, delete.</summary>
public sealed class RequestTests : PollingTest
{
    [Fact]
    public async Task A_wait_ends_as_soon_as_the_request_does()
    {
        await Upstream.SetAsync("latency=1s");
        var request = await SubmitAsync();
        var began = Stopwatch.GetTimestamp();
        var (status, body) = await GetAsync($"{Url(request)}?wait=60");
        Assert.Equal((200, "completed"), (status, Status(body)));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task Whoever_only_waits_does_not_hold_up_a_shutdown()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        var poll = GetAsync($"{Url(request)}?wait=60");
        await using var events = await FollowAsync(request);
        await events.ReadEventsAsync(1);
        await Gateway.Services.GetRequiredService<DrainState>().DrainAsync(CancellationToken.None);
        Assert.Equal(202, (await poll.WaitAsync(TimeSpan.FromSeconds(10))).Status);
        await events.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Until_it_is_finished_a_request_is_a_202_and_has_no_response()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        var (status, body) = await GetAsync($"{Url(request)}?wait=1");
        Assert.Equal((202, "in_progress"), (status, Status(body)));
        Assert.Equal("running", body.GetProperty("attempts")[0].GetProperty("outcome").GetString());
        Assert.True(body.TryGetProperty("started_at", out _));
        Assert.False(body.TryGetProperty("queue", out _));
        using var response = await AnswerAsync(request);
        await AssertErrorAsync(response, 409, "not_finished");
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task A_request_in_the_queue_tells_its_place()
    {
        await Upstream.SetAsync("latency=30s");
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        var second = await SubmitAsync();
        var third = await SubmitAsync();
        Assert.Equal(1, await PositionAsync(second));
        Assert.Equal(2, await PositionAsync(third));
    }

    [Fact]
    public async Task A_running_request_is_cancelled_and_the_node_stops_within_a_second()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        using var cancel = await PostAsync($"{Url(request)}/cancel", "");
        Assert.Contains(Status(JsonElement.Parse(await cancel.Content.ReadAsStringAsync())), (string[])["cancelling", "cancelled"]);
        await Upstream.WaitForAsync("running", 0, TimeSpan.FromSeconds(1));
        Assert.Equal("cancelled", Status(await FinishedAsync(request)));
        using var response = await AnswerAsync(request);
        await AssertErrorAsync(response, 409, "request_cancelled");
        using var again = await PostAsync($"{Url(request)}/cancel", "");
        Assert.Equal(200, (int)again.StatusCode);
    }

    [Fact]
    public async Task A_queued_request_is_aborted()
    {
        await Upstream.SetAsync("latency=30s");
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        var waiting = await SubmitAsync();
        using var cancel = await PostAsync($"{Url(waiting)}/cancel", "");
        var body = JsonElement.Parse(await cancel.Content.ReadAsStringAsync());
        Assert.Equal((200, "aborted"), ((int)cancel.StatusCode, Status(body)));
        Assert.Equal(1, await Upstream.CountAsync("requests"));
    }

    [Fact]
    public async Task A_deleted_request_is_gone_and_stops()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await SubmitAsync();
        await Upstream.WaitForAsync("running", 1);
        using var deleted = await SendAsync(HttpMethod.Delete, Url(request), null, HttpCompletionOption.ResponseContentRead);
        Assert.Equal(200, (int)deleted.StatusCode);
        Assert.True(JsonElement.Parse(await deleted.Content.ReadAsStringAsync()).GetProperty("deleted").GetBoolean());
        await Upstream.WaitForAsync("running", 0, TimeSpan.FromSeconds(1));
        using var again = await SendAsync(HttpMethod.Delete, Url(request), null, HttpCompletionOption.ResponseContentRead);
        await AssertErrorAsync(again, 404, "request_not_found");
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/response")]
    [InlineData("GET", "/events")]
    [InlineData("POST", "/cancel")]
    [InlineData("DELETE", "")]
    public async Task A_foreign_request_reads_byte_for_byte_as_one_that_never_was(string method, string route)
    {
        var request = await FinishedAsync(await SubmitAsync());
        using var stranger = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        var foreign = await BytesAsync(stranger, method, Url(request) + route);
        var unknown = await BytesAsync(stranger, method, "/v1/requests/req_00000000000000000000000000" + route);
        Assert.Equal(404, foreign.Status);
        Assert.Equal(unknown, foreign);
        Assert.Equal(200, (await GetAsync(Url(request))).Status);
    }

    [Fact]
    public async Task Lists_go_page_by_page_and_filter()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(Id(await FinishedAsync(await SubmitAsync())));
        }

        await FinishedAsync(await SubmitAsync("""{"model":"stub-model","input":"x"}""", "/v1/embeddings"));
        var (_, newest) = await GetAsync("/v1/requests?endpoint=/v1/chat/completions&limit=3");
        Assert.Equal("list", newest.GetProperty("object").GetString());
        Assert.Equal(ids.AsEnumerable().Reverse().Take(3), Ids(newest));
        Assert.True(newest.GetProperty("has_more").GetBoolean());
        Assert.Equal(ids[4], newest.GetProperty("first_id").GetString());
        var (_, rest) = await GetAsync($"/v1/requests?endpoint=/v1/chat/completions&limit=3&after={newest.GetProperty("last_id").GetString()}");
        Assert.Equal([ids[1], ids[0]], Ids(rest));
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        var (_, oldest) = await GetAsync("/v1/requests?order=asc&limit=1");
        Assert.Equal([ids[0]], Ids(oldest));
        Assert.Empty(Ids((await GetAsync("/v1/requests?status=failed")).Body));
        Assert.Equal(6, Ids((await GetAsync("/v1/requests?status=completed&model=stub-model")).Body).Count);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=101", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?order=up", "order")]
    [InlineData("?after=x", "after")]
    [InlineData("?status=done", "status")]
    [InlineData("?status=completed&status=failed", "status")]
    [InlineData("?model=", "model")]
    [InlineData("/req_00000000000000000000000000?wait=soon", "wait")]
    [InlineData("/req_00000000000000000000000000?wait=-1", "wait")]
    public async Task Wrong_parameters_are_named(string query, string param)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/requests" + query, null, HttpCompletionOption.ResponseContentRead);
        Assert.Equal(param, (await AssertErrorAsync(response, 400, "invalid_value")).GetProperty("param").GetString());
    }

    private static List<string> Ids(JsonElement list) => [.. list.GetProperty("data").EnumerateArray().Select(Id)];

    private static async Task<(int Status, string Body)> BytesAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<int> PositionAsync(JsonElement request)
    {
        for (var i = 0; i < 500; i++)
        {
            var (_, body) = await GetAsync(Url(request));
            if (body.GetProperty("queue").TryGetProperty("position", out var position))
            {
                return position.GetInt32();
            }

            await Task.Delay(10);
        }

        throw new TimeoutException("The request did not come into the queue.");
    }
}
