using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI.Videos;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.Onnx.Imaging;
using Xunit;

namespace Resultity.EndToEnd.Tests.Videos;

/// <summary>Videos on the built-in models in a subcloud, by the official SDK, by plain HTTP and by the command line.</summary>
public sealed class VideoTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-videos-").FullName;
    private Installation _up = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _up = await Installation.StartAsync("up");
        await MustAsync("subclouds", "create", "lab", "--feature", "video", "--public");
        await MustAsync("subclouds", "admit", "lab", (string)(await _up.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!);
    }

    public async ValueTask DisposeAsync()
    {
        await _up.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_command_line_makes_a_video_of_a_red_circle_moving_right_and_describes_it_as_such()
    {
        var (image, video, still) = (Path.Combine(_folder, "circle.png"), Path.Combine(_folder, "circle.mp4"), Path.Combine(_folder, "still.webp"));
        await File.WriteAllBytesAsync(image, Circle(), Cancellation);
        var output = await MustAsync("video", "moving right", "--image", image, "-o", video, "--thumbnail", still, "--seconds", "2", "--size", "192x192", "--url", new Uri(_up.Url, "subclouds/lab").ToString());
        Assert.Equal(video, output.Trim());
        Assert.Equal("ftyp"u8.ToArray(), (await File.ReadAllBytesAsync(video, Cancellation))[4..8]);
        Assert.Equal("RIFF"u8.ToArray(), (await File.ReadAllBytesAsync(still, Cancellation))[..4]);
        Assert.Equal("a red circle moving right on a white background", (await MustAsync("describe", video, "--url", new Uri(_up.Url, "subclouds/lab").ToString())).Trim());
        var (code, _, errors) = await _up.CliAsync("video", "a red circle", "--url", _up.Url.ToString());
        Assert.NotEqual(0, code);
        Assert.Contains("/subclouds/lab/v1", errors, StringComparison.Ordinal);
    }

#pragma warning disable OPENAI001 // The SDK calls its videos experimental.
    [Fact]
    public async Task The_official_sdk_makes_a_video_waits_for_it_downloads_it_and_deletes_it()
    {
        var videos = new VideoClient(new ApiKeyCredential(Installation.ApiKey), new VideoClientOptions { Endpoint = new Uri(_up.Url, "subclouds/lab/v1"), RetryPolicy = new ClientRetryPolicy(0) });
        using var form = new MultipartFormDataContent { { new StringContent("a red circle moving right"), "prompt" }, { new StringContent("1"), "seconds" }, { new StringContent("128x128"), "size" } };
        var created = Parse(await videos.CreateVideoAsync(BinaryContent.Create(await form.ReadAsStreamAsync(Cancellation)), form.Headers.ContentType!.ToString()));
        var id = (string)created["id"]!;
        JsonNode now;
        do
        {
            using var waited = await _up.Http.GetAsync($"subclouds/lab/v1/requests/{id.Replace("video_", "req_", StringComparison.Ordinal)}?wait=30", Cancellation);
            now = Parse(await videos.GetVideoAsync(id, new RequestOptions()));
        }
        while ((string?)now["status"] is "queued" or "in_progress");
        Assert.True((string?)now["status"] == "completed", now.ToJsonString());
        var file = (await videos.DownloadVideoAsync(id, null, new RequestOptions())).GetRawResponse().Content.ToArray();
        Assert.Equal("ftyp"u8.ToArray(), file[4..8]);
        var listed = new List<string>();
        await foreach (var page in videos.GetVideosAsync(null, null, null, new RequestOptions()).GetRawPagesAsync()) listed.Add(page.GetRawResponse().Content.ToString());
        Assert.Contains(id, string.Concat(listed), StringComparison.Ordinal);
        Assert.True((bool)Parse(await videos.DeleteVideoAsync(id, new RequestOptions()))["deleted"]!);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => videos.GetVideoAsync(id, new RequestOptions()))).Status);
    }

#pragma warning restore OPENAI001
    [Fact]
    public async Task A_description_comes_by_polling_and_in_a_batch_as_well()
    {
        using var made = await PostAsync("videos", """{"prompt":"a blue square moving up on a white background","seconds":"1","size":"128x128","seed":1,"steps":6}""", ("Prefer", "respond-async, wait=60"));
        var video = JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancellation))!;
        Assert.True(made.StatusCode == HttpStatusCode.OK && (string?)video["status"] == "completed", video.ToJsonString());
        var file = Convert.ToBase64String(await _up.Http.GetByteArrayAsync($"subclouds/lab/v1/videos/{video["id"]}/content", Cancellation));
        using var polled = await PostAsync("videos/description", $$"""{"video":"data:video/mp4;base64,{{file}}"}""", ("Prefer", "respond-async, wait=60"));
        Assert.Contains("moving up", await polled.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var batch = await PostAsync("batches", $$$"""{"requests":[{"custom_id":"a","method":"POST","url":"/v1/videos/description","body":{"video":"data:video/mp4;base64,{{{file}}}"}}]}""", ("Prefer", "wait=60"));
        Assert.Contains("moving up", await batch.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"subclouds/lab/v1/{path}") { Content = new StringContent(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json")) };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return await _up.Http.SendAsync(request, Cancellation);
    }

    private async Task<string> MustAsync(params string[] arguments)
    {
        var (code, output, errors) = await _up.CliAsync(arguments);
        Assert.True(code == 0, errors);
        return output;
    }

    private static JsonNode Parse(ClientResult result) => JsonNode.Parse(result.GetRawResponse().Content.ToString())!;

    /// <summary>A red circle on white, as the built-in captioner knows it.</summary>
    private static byte[] Circle()
    {
        const int side = 192;
        var pixels = new byte[side * side * 4];
        for (var at = 0; at < side * side; at++)
        {
            double x = (at % side) - (side / 2), y = (at / side) - (side / 2);
            var inside = (x * x) + (y * y) < 40 * 40;
            (pixels[at * 4], pixels[(at * 4) + 1], pixels[(at * 4) + 2], pixels[(at * 4) + 3]) = inside ? ((byte)220, (byte)30, (byte)35, (byte)255) : ((byte)248, (byte)248, (byte)248, (byte)255);
        }

        return PictureWriter.Write(new Picture(side, side, pixels), PictureFormat.Png);
    }
}
