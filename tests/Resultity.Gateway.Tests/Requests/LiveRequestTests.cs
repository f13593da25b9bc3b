using System.Text.Json;

namespace Resultity.Gateway.Tests.Requests;

/// <summary>Requests that are answered on their own connections, seen and cancelled by their identifiers.</summary>
public sealed class LiveRequestTests : PollingTest
{
    [Fact]
    public async Task A_stream_that_runs_is_seen_under_its_identifier_and_cancelled_by_it()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        using var response = await StreamAsync();
        var id = response.Headers.GetValues("x-request-id").Single();

        var (status, body) = await GetAsync($"/v1/requests/{id}");
        Assert.Equal((202, "in_progress", true), (status, Status(body), body.GetProperty("stream").GetBoolean()));
        Assert.Equal("/v1/chat/completions", body.GetProperty("endpoint").GetString());
        Assert.Single(body.GetProperty("attempts").EnumerateArray());
        using (var answer = await SendAsync(HttpMethod.Get, $"/v1/requests/{id}/response", null, HttpCompletionOption.ResponseContentRead))
        {
            await AssertErrorAsync(answer, 409, "not_finished");
        }

        using var cancel = await SendAsync(HttpMethod.Post, $"/v1/requests/{id}/cancel", null, HttpCompletionOption.ResponseContentRead);
        Assert.Equal("cancelling", JsonElement.Parse(await cancel.Content.ReadAsStringAsync()).GetProperty("status").GetString());
        await Upstream.WaitForAsync("aborted", 1);
        Assert.DoesNotContain("[DONE]", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(404, (await GetAsync($"/v1/requests/{id}")).Status);
    }

    [Fact]
    public async Task A_stream_that_waits_in_the_queue_tells_its_place_and_is_cancelled_from_elsewhere()
    {
        Gateway.AddNode("node-a", Upstream, slots: 1);
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        using var running = await StreamAsync();
        using var waiting = await StreamAsync();
        var id = waiting.Headers.GetValues("x-request-id").Single();

        var (_, body) = await GetAsync($"/v1/requests/{id}");
        Assert.Equal(("queued", 1), (Status(body), body.GetProperty("queue").GetProperty("position").GetInt32()));
        using var deleted = await SendAsync(HttpMethod.Delete, $"/v1/requests/{id}", null, HttpCompletionOption.ResponseContentRead);
        Assert.True(JsonElement.Parse(await deleted.Content.ReadAsStringAsync()).GetProperty("deleted").GetBoolean());

        Assert.Contains("\"code\":\"cancelled\"", await waiting.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_synchronous_request_is_cancelled_from_elsewhere()
    {
        await Upstream.SetAsync("latency=60s");
        var pending = PostAsync("/v1/chat/completions", ChatBody);
        await Upstream.WaitForAsync("requests", 1);

        using var cancelled = await SendAsync(HttpMethod.Post, $"/v1/requests/{Gateway.LastRequestId}/cancel", null, HttpCompletionOption.ResponseContentRead);
        Assert.Equal("cancelling", Status(JsonElement.Parse(await cancelled.Content.ReadAsStringAsync())));

        using var answer = await pending;
        await AssertErrorAsync(answer, 499, "cancelled");
    }

    [Fact]
    public async Task Another_namespaces_live_request_does_not_exist()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        using var response = await StreamAsync();
        var id = response.Headers.GetValues("x-request-id").Single();
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("other"));

        using var seen = await other.GetAsync($"/v1/requests/{id}");
        using var cancelled = await other.PostAsync($"/v1/requests/{id}/cancel", null);

        Assert.Equal((404, 404), ((int)seen.StatusCode, (int)cancelled.StatusCode));
        Assert.Equal(202, (await GetAsync($"/v1/requests/{id}")).Status);
    }

    [Fact]
    public async Task A_client_that_waits_only_so_long_gets_the_answer_or_where_to_fetch_it()
    {
        using var whole = await PostAsync("/v1/chat/completions", ChatBody, ("Prefer", "wait=20"));
        Assert.Equal((200, "wait=20"), ((int)whole.StatusCode, whole.Headers.GetValues("Preference-Applied").Single()));

        await Upstream.SetAsync("chunk-delay=50ms&chunks=1000");
        using var later = await PostAsync("/v1/chat/completions", ChatBody, ("Prefer", "wait=0"));
        Assert.Equal(202, (int)later.StatusCode);
        Assert.StartsWith("/v1/requests/req_", later.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> StreamAsync() => SendAsync(HttpMethod.Post, "/v1/chat/completions", Streamed(), HttpCompletionOption.ResponseHeadersRead);
}
