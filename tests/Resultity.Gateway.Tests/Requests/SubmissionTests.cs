using System.Text.Json;
using System.Text.RegularExpressions;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Requests;

public sealed class SubmissionTests : PollingTest
{
    [Fact]
    public async Task A_submission_is_answered_with_where_to_look()
    {
        await Upstream.SetAsync("latency=10s");
        using var response = await PostAsync("/v1/chat/completions", ChatBody, Async, ("Cancel-After", "90s"));
        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal("respond-async", response.Headers.GetValues("Preference-Applied").Single());
        var request = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var id = Id(request);
        Assert.Equal(response.Headers.GetValues("x-request-id").Single(), id);
        Assert.Equal($"/v1/requests/{id}", response.Headers.Location!.ToString());
        Assert.Equal(id, request.GetProperty("request_id").GetString());
        Assert.Equal("inference.request", request.GetProperty("object").GetString());
        Assert.Equal("queued", Status(request));
        Assert.Equal("/v1/chat/completions", request.GetProperty("endpoint").GetString());
        Assert.Equal("stub-model", request.GetProperty("model").GetString());
        Assert.Equal(90, request.GetProperty("expires_at").GetInt64() - request.GetProperty("created_at").GetInt64(), 1.0);
        Assert.True(request.GetProperty("queue").GetProperty("possible").GetBoolean());
        Assert.Equal($"/v1/requests/{id}", request.GetProperty("status_url").GetString());
        Assert.Equal($"/v1/requests/{id}/response", request.GetProperty("response_url").GetString());
        Assert.Equal($"/v1/requests/{id}/events", request.GetProperty("events_url").GetString());
        Assert.Equal($"/v1/requests/{id}/cancel", request.GetProperty("cancel_url").GetString());
    }

    [Theory]
    [InlineData("/v1/chat/completions", ChatBody)]
    [InlineData("/v1/completions", """{"model":"stub-model","prompt":"Hello"}""")]
    [InlineData("/v1/embeddings", """{"model":"stub-model","input":"Hello"}""")]
    public async Task The_response_is_what_the_synchronous_call_answers(string path, string body)
    {
        using var synchronous = await PostAsync(path, body);
        var request = await FinishedAsync(await SubmitAsync(body, path));
        Assert.Equal("completed", Status(request));
        Assert.Equal("node-a", request.GetProperty("attempts")[0].GetProperty("node").GetString());
        Assert.Equal("completed", request.GetProperty("attempts")[0].GetProperty("outcome").GetString());
        Assert.True(request.GetProperty("usage").GetProperty("total_tokens").GetInt64() > 0);
        using var response = await AnswerAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(synchronous.Content.Headers.ContentType, response.Content.Headers.ContentType);
        Assert.Equal("node-a", response.Headers.GetValues("x-resultity-node").Single());
        Assert.Equal(Shape(await synchronous.Content.ReadAsStringAsync()), Shape(await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_streamed_request_is_answered_with_its_events()
    {
        await using var synchronous = await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, "/v1/chat/completions", Streamed(), HttpCompletionOption.ResponseHeadersRead));
        await synchronous.ReadToEndAsync();
        var request = await FinishedAsync(await SubmitAsync(Streamed()));
        await using var response = await SseReading.OpenAsync(await AnswerAsync(request));
        await response.ReadToEndAsync();
        Assert.True(response.IsDone);
        Assert.Equal(synchronous.Events.Select(e => (e.Id, Shape(e.Data))), response.Events.Select(e => (e.Id, Shape(e.Data))));
    }

    [Fact]
    public async Task A_request_that_is_done_in_time_is_answered_inline()
    {
        using var response = await PostAsync("/v1/chat/completions", ChatBody, ("Prefer", "respond-async, wait=20"));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("respond-async, wait=20", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Contains("chat.completion", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var (status, request) = await GetAsync($"/v1/requests/{response.Headers.GetValues("x-request-id").Single()}");
        Assert.Equal((200, "completed"), (status, Status(request)));
    }

    [Fact]
    public async Task A_request_that_is_not_done_in_time_is_a_202()
    {
        await Upstream.SetAsync("latency=10s");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Json(ChatBody) };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        request.Headers.TryAddWithoutValidation("Prefer", "wait=1");
        using var response = await Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal("respond-async, wait=1", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Equal("in_progress", Status(JsonElement.Parse(await response.Content.ReadAsStringAsync())));
    }

    [Fact]
    public async Task What_the_synchronous_call_refuses_is_refused_at_once()
    {
        using var wrong = await PostAsync("/v1/chat/completions", """{"model":"stub-model","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", Async);
        Assert.Equal(400, (int)wrong.StatusCode);
        using var unknown = await PostAsync("/v1/chat/completions", ChatBody.Replace("stub-model", "nobody-has-this", StringComparison.Ordinal), Async);
        await AssertErrorAsync(unknown, 404, "model_not_found");
        var (_, list) = await GetAsync("/v1/requests");
        Assert.Equal(0, list.GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("for ever")]
    [InlineData("99999999999999999999")]
    [InlineData("2592001")]
    public async Task A_retention_that_is_none_is_a_400(string retention)
    {
        using var response = await PostAsync("/v1/chat/completions", ChatBody, Async, ("Resultity-Retention", retention));
        var error = await AssertErrorAsync(response, 400, "invalid_value");
        Assert.Equal("Resultity-Retention", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_retention_counts_from_the_end()
    {
        var request = await FinishedAsync(await SubmitAsync(headers: ("Resultity-Retention", "600")));
        Assert.Equal(600, request.GetProperty("expires_at").GetInt64() - request.GetProperty("finished_at").GetInt64());
    }

    [Fact]
    public async Task A_retention_of_zero_is_one_read()
    {
        var request = await FinishedAsync(await SubmitAsync(headers: ("Resultity-Retention", "0")));
        using var first = await AnswerAsync(request);
        Assert.Equal(200, (int)first.StatusCode);
        await Eventually.IsTrueAsync(() => GetAsync(Url(request)).GetAwaiter().GetResult().Status == 404, "the request is gone");
    }

    [Fact]
    public async Task A_fault_of_the_node_is_the_responses_fault()
    {
        await Upstream.SetAsync("fail-status=400");
        var request = await FinishedAsync(await SubmitAsync());
        Assert.Equal("failed", Status(request));
        AssertShape($$"""{"error":{{request.GetProperty("error").GetRawText()}}}""");
        using var response = await AnswerAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(request.GetProperty("error").GetProperty("code").GetString(), AssertShape(await response.Content.ReadAsStringAsync()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Behind_its_deadline_a_request_is_expired_and_its_response_a_504()
    {
        await Upstream.SetAsync("latency=30s");
        var request = await FinishedAsync(await SubmitAsync(headers: ("Cancel-After", "300ms")));
        Assert.Equal("expired", Status(request));
        using var response = await AnswerAsync(request);
        await AssertErrorAsync(response, 504, "deadline_exceeded");
        await Upstream.WaitForAsync("running", 0);
    }

    /// <summary>An answer without what differs from call to call.</summary>
    private static string Shape(string json) => Regex.Replace(json, "\"(id|created)\":(\"[^\"]*\"|[0-9]+)", "\"$1\":0");
}
