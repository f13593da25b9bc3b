using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Gateway.Tests.Admin;
using Resultity.Gateway.Tests.Kit;
using Resultity.Gateway.Tests.Subclouds;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Videos;

/// <summary>Videos that another server makes: a whole gateway, a linked node, and a server of its own process that has OpenAI's videos API.</summary>
public sealed class UpstreamVideoTests : IAsyncLifetime
{
    private FakeUpstreamProcess _server = null!;
    private SubcloudGateway _cloud = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeUpstreamProcess.StartAsync("--video-looks=2", "--video-bytes=700000");
        _cloud = await SubcloudGateway.StartAsync();
        await _cloud.MakeAsync("lab", ""","features":["video"],"public":true""");
        var runtime = new OpenAiRuntime(new OpenAiRuntimeOptions { Url = _server.Address, Endpoints = ["/v1/videos"] }, TimeProvider.System, NullLogger<OpenAiRuntime>.Instance);
        await runtime.StartAsync(Cancellation);
        await _cloud.AddNodeAsync("first", runtime, tokenSubcloud: "lab");
        _client = _cloud.Gateway.Client(AdminGateway.ApiKey);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cloud.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_video_is_the_server_s_byte_for_byte_and_nothing_of_it_is_left_there()
    {
        var video = await MakeAsync("""{"prompt":"a red circle moving right","seconds":"8"}""");
        Assert.True((string?)video["status"] == "completed", video.ToJsonString());
        using var file = await _client.GetAsync($"/subclouds/lab/v1/videos/{video["id"]}/content", Cancellation);
        Assert.Equal("video/mp4", file.Content.Headers.ContentType!.MediaType);
        var bytes = await file.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(700_000, bytes.Length);
        Assert.Equal([.. Enumerable.Range(0, 1000).Select(at => (byte)((at + 300_000) * 31 + '1'))], bytes[300_000..301_000]);
        using var thumbnail = await _client.GetAsync($"/subclouds/lab/v1/videos/{video["id"]}/content?variant=thumbnail", Cancellation);
        Assert.StartsWith("RIFF", await thumbnail.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(0, await _server.CountAsync("videos"));
    }

    [Fact]
    public async Task A_form_reaches_the_server_as_it_came()
    {
        await _server.SetAsync("video-looks=1");
        using var form = new MultipartFormDataContent { { new StringContent("it spins"), "prompt" }, { new ByteArrayContent("an image"u8.ToArray()), "input_reference", "first.png" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/subclouds/lab/v1/videos") { Content = form };
        request.Headers.Add("Prefer", "respond-async, wait=30");
        using var response = await _client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var sent = Encoding.Latin1.GetString(await _server.LastBodyAsync());
        Assert.Contains("it spins", sent, StringComparison.Ordinal);
        Assert.Contains("an image", sent, StringComparison.Ordinal);
        Assert.Contains("first.png", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_says_of_its_failure_reaches_the_client_and_nothing_is_left_there()
    {
        await _server.SetAsync("video-failure=moderation_blocked");
        var video = await MakeAsync("""{"prompt":"x"}""");
        Assert.Equal(("failed", "moderation_blocked"), ((string?)video["status"], (string?)video["error"]!["code"]));
        Assert.Equal("It was told to say moderation_blocked.", (string?)video["error"]!["message"]);
        Assert.Equal(0, await _server.CountAsync("videos"));
    }

    [Fact]
    public async Task A_refusal_of_the_server_is_the_client_s_answer()
    {
        await _server.SetAsync("fail-status=400");
        var video = await MakeAsync("""{"prompt":"x"}""");
        Assert.Equal("failed", (string?)video["status"]);
        Assert.Contains("failed as it was told to", video["error"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_thumbnails_makes_videos_all_the_same()
    {
        await _server.SetAsync("video-thumbnail=false&video-looks=1");
        var video = await MakeAsync("""{"prompt":"x"}""");
        Assert.True((string?)video["status"] == "completed", video.ToJsonString());
        using var thumbnail = await _client.GetAsync($"/subclouds/lab/v1/videos/{video["id"]}/content?variant=thumbnail", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, thumbnail.StatusCode);
    }

    [Fact]
    public async Task Cancelling_deletes_it_on_the_server_as_well()
    {
        await _server.SetAsync("video-looks=100000");
        var video = await BeginAsync("""{"prompt":"x"}""");
        await _server.WaitForAsync("videos", 1);
        using var cancelled = await _client.PostAsync($"/subclouds/lab/v1/videos/{video["id"]}/cancel", null, Cancellation);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        await _server.WaitForAsync("videos", 0);
    }

    private async Task<JsonNode> MakeAsync(string body)
    {
        var begun = await BeginAsync(body);
        return await Eventually.BecomesAsync(
            async () => JsonNode.Parse(await _client.GetStringAsync($"/subclouds/lab/v1/videos/{begun["id"]}", Cancellation))!, static video => (string?)video["status"] is "completed" or "failed", "the video has ended");
    }

    private async Task<JsonNode> BeginAsync(string body)
    {
        using var response = await _client.PostAsync("/subclouds/lab/v1/videos", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);
        var video = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.True((string?)video["status"] == "queued", video.ToJsonString());
        return video;
    }
}
