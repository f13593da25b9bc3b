using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Resultity.Gateway.Tests.Admin;
using Resultity.Gateway.Tests.Kit;
using Resultity.Gateway.Tests.Subclouds;

namespace Resultity.Gateway.Tests.Videos;

/// <summary>Videos between clients and nodes: a whole gateway, linked nodes, and runtimes that do as the test says.</summary>
public sealed class VideoTests : IAsyncLifetime
{
    private readonly VideoRuntime _runtime = new();
    private SubcloudGateway _cloud = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cloud = await SubcloudGateway.StartAsync();
        await _cloud.MakeAsync("lab", ""","features":["video"],"public":true""");
        await _cloud.AddNodeAsync("first", _runtime, tokenSubcloud: "lab");
        _client = _cloud.Gateway.Client(AdminGateway.ApiKey);
    }

    public async ValueTask DisposeAsync()
    {
        _runtime.Go();
        _client.Dispose();
        await _cloud.DisposeAsync();
    }

    [Fact]
    public async Task The_main_cloud_has_no_videos_and_says_where_they_are()
    {
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Post, ""), (HttpMethod.Get, ""), (HttpMethod.Post, "/description"), (HttpMethod.Get, "/video_00000000000000000000000000"), (HttpMethod.Get, "/video_00000000000000000000000000/content"), (HttpMethod.Delete, "/video_00000000000000000000000000")])
        {
            var (status, answer) = await SendAsync(method, $"/v1/videos{path}", method == HttpMethod.Post ? "{}" : null, subcloud: false);
            Assert.Equal((403, "endpoint_not_available"), (status, answer["error"]!["code"]!.GetValue<string>()));
            Assert.Contains("/subclouds/lab/v1", answer["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_line_of_a_batch_does_not_get_round_the_feature()
    {
        var (status, batch) = await SendAsync(HttpMethod.Post, "/v1/batches", """{"requests":[{"custom_id":"a","method":"POST","url":"/v1/videos","body":{"prompt":"x"}}]}""", subcloud: false, ("Prefer", "wait=30"));
        Assert.Equal(200, status);
        Assert.Contains("endpoint_not_available", batch.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(_runtime.Bodies);
    }

    [Fact]
    public async Task A_video_is_begun_followed_and_fetched()
    {
        var created = await CreateAsync();
        Assert.Equal(("video", "queued", "a red circle moving right", "8", "1280x720"), (Text(created, "object"), Text(created, "status"), Text(created, "prompt"), Text(created, "seconds"), Text(created, "size")));
        Assert.True(created.AsObject().ContainsKey("error"));
        Assert.Null(created["completed_at"]);
        var path = $"/v1/videos/{Text(created, "id")}";
        await _runtime.Half.Task.WaitAsync(Cancellation);
        var half = await Eventually.BecomesAsync(async () => (await SendAsync(HttpMethod.Get, path)).Body, static video => video["progress"]!.GetValue<int>() == 50, "it is half done");
        Assert.Equal("in_progress", Text(half, "status"));
        Assert.Equal((409, "not_finished"), await ErrorAsync(HttpMethod.Get, path + "/content"));

        _runtime.Go();
        var done = await EndAsync(created);
        Assert.Equal(("completed", 100), (Text(done, "status"), done["progress"]!.GetValue<int>()));
        Assert.True(done["expires_at"]!.GetValue<long>() > done["completed_at"]!.GetValue<long>());
        using var file = await _client.GetAsync($"/subclouds/lab{path}/content", Cancellation);
        Assert.Equal("video/mp4", file.Content.Headers.ContentType!.MediaType);
        Assert.Equal(VideoRuntime.File, await file.Content.ReadAsByteArrayAsync(Cancellation));
        using var thumbnail = await _client.GetAsync($"/subclouds/lab{path}/content?variant=thumbnail", Cancellation);
        Assert.Equal(("image/webp", "RIFF"), (thumbnail.Content.Headers.ContentType!.MediaType, Encoding.ASCII.GetString(await thumbnail.Content.ReadAsByteArrayAsync(Cancellation))));
        Assert.Equal((400, "invalid_value"), await ErrorAsync(HttpMethod.Get, path + "/content?variant=spritesheet"));
    }

    [Fact]
    public async Task A_player_reads_a_part_of_the_file()
    {
        _runtime.Go();
        var done = await EndAsync(await CreateAsync());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/subclouds/lab/v1/videos/{Text(done, "id")}/content") { Headers = { Range = new RangeHeaderValue(1000, 1999) } };
        using var response = await _client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(VideoRuntime.File[1000..2000], await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task Events_tell_each_change_until_the_end()
    {
        var created = await CreateAsync();
        using var response = await _client.GetAsync($"/subclouds/lab/v1/videos/{Text(created, "id")}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        var names = new List<string>();
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) names.Add(line[7..]);
            if (line.Contains("\"progress\":50", StringComparison.Ordinal)) _runtime.Go();
        }

        Assert.Contains("video.in_progress", names);
        Assert.Equal("video.completed", names[^1]);
    }

    [Fact]
    public async Task Cancelling_stops_the_node_and_the_video_reads_as_failed()
    {
        var created = await CreateAsync();
        await _runtime.Half.Task.WaitAsync(Cancellation);
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, $"/v1/videos/{Text(created, "id")}/cancel")).Status);
        await _runtime.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
        var ended = await EndAsync(created);
        Assert.Equal(("failed", "cancelled"), (Text(ended, "status"), Text(ended["error"]!, "code")));
        Assert.Equal((409, "cancelled"), await ErrorAsync(HttpMethod.Get, $"/v1/videos/{Text(created, "id")}/content"));
    }

    [Fact]
    public async Task Deleting_stops_the_node_and_nothing_is_left()
    {
        var created = await CreateAsync();
        await _runtime.Half.Task.WaitAsync(Cancellation);
        var (_, deleted) = await SendAsync(HttpMethod.Delete, $"/v1/videos/{Text(created, "id")}");
        Assert.Equal((Text(created, "id"), "video.deleted", true), (Text(deleted, "id"), Text(deleted, "object"), deleted["deleted"]!.GetValue<bool>()));
        await _runtime.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
        Assert.Equal((404, "video_not_found"), await ErrorAsync(HttpMethod.Get, $"/v1/videos/{Text(created, "id")}"));
    }

    [Fact]
    public async Task A_video_that_breaks_in_the_middle_is_made_anew_and_both_tries_are_told()
    {
        _runtime.Breaks = 1;
        _runtime.Go();
        var ended = await EndAsync(await CreateAsync());
        Assert.True(Text(ended, "status") == "completed", ended.ToJsonString());
        var (_, kept) = await SendAsync(HttpMethod.Get, $"/v1/requests/{Text(ended, "id").Replace("video_", "req_", StringComparison.Ordinal)}");
        Assert.Equal(2, kept["attempts"]!.AsArray().Count);
        Assert.Equal("completed", Text(kept["attempts"]![1]!, "outcome"));
    }

    [Fact]
    public async Task A_video_that_always_breaks_fails_and_is_not_tried_for_ever()
    {
        _runtime.Breaks = 100;
        var ended = await EndAsync(await CreateAsync());
        Assert.Equal("failed", Text(ended, "status"));
        Assert.Equal(3, _runtime.Bodies.Count);
    }

    [Fact]
    public async Task What_the_engine_says_of_its_refusal_reaches_the_client()
    {
        _runtime.Refusal = "This is not shown here.";
        _runtime.Go();
        var ended = await EndAsync(await CreateAsync());
        Assert.Equal(("failed", "moderation_blocked", "This is not shown here."), (Text(ended, "status"), Text(ended["error"]!, "code"), Text(ended["error"]!, "message")));
        Assert.Single(_runtime.Bodies);
    }

    [Fact]
    public async Task Videos_are_listed_by_pages_and_only_to_their_owner()
    {
        _runtime.Go();
        var ids = new List<string>();
        for (var at = 0; at < 3; at++) ids.Add(Text(await CreateAsync(), "id"));
        var (_, first) = await SendAsync(HttpMethod.Get, "/v1/videos?limit=2");
        Assert.Equal([ids[2], ids[1]], first["data"]!.AsArray().Select(video => Text(video!, "id")));
        Assert.True(first["has_more"]!.GetValue<bool>());
        var (_, rest) = await SendAsync(HttpMethod.Get, $"/v1/videos?limit=2&after={Text(first, "last_id")}");
        Assert.Equal([ids[0]], rest["data"]!.AsArray().Select(video => Text(video!, "id")));
        using var other = await _cloud.BoundClientAsync("lab", "somebody-else");
        var (_, theirs) = await _cloud.Gateway.SendAsync(HttpMethod.Get, "/subclouds/lab/v1/videos", null, other);
        Assert.Empty(theirs["data"]!.AsArray());
        Assert.Equal(404, (await _cloud.Gateway.SendAsync(HttpMethod.Get, $"/subclouds/lab/v1/videos/{ids[0]}", null, other)).Status);
    }

    [Fact]
    public async Task A_form_brings_its_image_to_the_node_and_a_video_is_a_durable_request_like_any()
    {
        _runtime.Go();
        using var form = new MultipartFormDataContent { { new StringContent("x"), "prompt" }, { new StringContent("2"), "seconds" }, { new ByteArrayContent([1, 2, 3]), "input_reference", "a.png" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/subclouds/lab/v1/videos") { Content = form };
        request.Headers.Add("Prefer", "respond-async, wait=30");
        using var response = await _client.SendAsync(request, Cancellation);
        var video = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.True(response.StatusCode == HttpStatusCode.OK, video.ToJsonString());
        Assert.Equal(("video", "completed", "2"), (Text(video, "object"), Text(video, "status"), Text(video, "seconds")));
        Assert.Contains("filename=a.png", Assert.Single(_runtime.Bodies).Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var id = Text(video, "id").Replace("video_", "req_", StringComparison.Ordinal);
        var (_, kept) = await SendAsync(HttpMethod.Get, $"/v1/requests/{id}");
        Assert.Equal(("completed", "/v1/videos"), (Text(kept, "status"), Text(kept, "endpoint")));
        Assert.Equal("video", Text((await SendAsync(HttpMethod.Get, $"/v1/requests/{id}/response")).Body, "object"));
    }

    [Fact]
    public async Task One_key_makes_one_video()
    {
        _runtime.Go();
        var first = (await SendAsync(HttpMethod.Post, "/v1/videos", Body, true, ("Idempotency-Key", "k-1"))).Body;
        var again = (await SendAsync(HttpMethod.Post, "/v1/videos", Body, true, ("Idempotency-Key", "k-1"))).Body;
        Assert.Equal(Text(first, "id"), Text(again, "id"));
        Assert.Single((await SendAsync(HttpMethod.Get, "/v1/videos")).Body["data"]!.AsArray());
    }

    [Fact]
    public async Task Lines_of_a_batch_make_videos_that_are_fetched_by_their_identifiers()
    {
        _runtime.Go();
        var (_, batch) = await SendAsync(
            HttpMethod.Post, "/v1/batches", $$"""{"requests":[{"custom_id":"a","method":"POST","url":"/v1/videos","body":{{Body}}},{"custom_id":"b","method":"POST","url":"/v1/videos","body":{{Body}}}]}""", true, ("Prefer", "wait=30"));
        var (_, listed) = await SendAsync(HttpMethod.Get, "/v1/videos");
        Assert.True(listed["data"]!.AsArray().Count == 2, batch.ToJsonString());
        foreach (var video in listed["data"]!.AsArray())
        {
            Assert.Contains(Text(video!, "id"), batch.ToJsonString(), StringComparison.Ordinal);
            using var file = await _client.GetAsync($"/subclouds/lab/v1/videos/{Text(video!, "id")}/content", Cancellation);
            Assert.Equal(VideoRuntime.File.Length, file.Content.Headers.ContentLength);
        }
    }

    [Theory]
    [InlineData("""{"model":"mover"}""", "prompt")]
    [InlineData("""{"prompt":"x","seconds":"0"}""", "seconds")]
    [InlineData("""{"prompt":"x","seconds":"four"}""", "seconds")]
    [InlineData("""{"prompt":"x","seconds":61}""", "seconds")]
    [InlineData("""{"prompt":"x","size":"wide"}""", "size")]
    [InlineData("""{"prompt":"x","size":"640"}""", "size")]
    [InlineData("""{"prompt":"x","output_format":"avi"}""", "output_format")]
    public async Task A_mistake_is_refused_before_anything_is_begun(string body, string param)
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, "/v1/videos", body);
        Assert.Equal((400, param), (status, Text(answer["error"]!, "param")));
        Assert.Empty(_runtime.Bodies);
    }

    [Fact]
    public async Task A_description_is_asked_of_a_node_of_the_subcloud()
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, "/v1/videos/description", """{"video":"data:video/mp4;base64,AAAA"}""");
        Assert.Equal((200, "a thing"), (status, Text(answer["data"]![0]!, "text")));
    }

    private const string Body = """{"model":"mover","prompt":"a red circle moving right","seconds":"8","size":"1280x720"}""";

    private static string Text(JsonNode node, string name) => node[name]?.GetValue<string>() ?? "";

    private async Task<JsonNode> CreateAsync()
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/v1/videos", Body);
        Assert.True(status == 200, body.ToJsonString());
        return body;
    }

    private Task<JsonNode> EndAsync(JsonNode video) => Eventually.BecomesAsync(
        async () => (await SendAsync(HttpMethod.Get, $"/v1/videos/{Text(video, "id")}")).Body, static now => Text(now, "status") is "completed" or "failed", "the video has ended");

    private async Task<(int, string)> ErrorAsync(HttpMethod method, string path)
    {
        var (status, body) = await SendAsync(method, path);
        return (status, Text(body["error"]!, "code"));
    }

    private async Task<(int Status, JsonNode Body)> SendAsync(HttpMethod method, string path, string? body = null, bool subcloud = true, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, subcloud ? $"/subclouds/lab{path}" : path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await _client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!);
    }
}
