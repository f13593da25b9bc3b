using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Resultity.Node.Runtimes.Media;
using Resultity.Node.Tests.Runtimes.Onnx.Images;

namespace Resultity.Node.Tests.Runtimes.Onnx.Videos;

/// <summary>Videos by the built-in models and a real ffmpeg.</summary>
public sealed class VideoTests(OnnxRuntimeFixture onnx)
{
    private const string Making = "/v1/videos", Describing = "/v1/videos/description", Painter = "resultity-mini-diffusion", Seer = "resultity-mini-caption";

    [Theory]
    [InlineData("moving right", "a red circle moving right on a white background")]
    [InlineData("moving up", "a red circle moving up on a white background")]
    [InlineData("growing", "growing")]
    public async Task A_video_that_begins_with_a_picture_is_described_as_what_moves_and_how(string movement, string words)
    {
        var video = await MakeAsync(("prompt", movement), ("seconds", "2"), ("size", "192x192"), ("fps", "12"), Reference());
        var answer = await DescribeAsync(video);
        var data = answer.GetProperty("data")[0];
        Assert.Contains(words, data.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("red circle", data.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(movement, data.GetProperty("motion").GetString());
        Assert.Equal(6, data.GetProperty("frames").GetArrayLength());
        Assert.Equal(2, answer.GetProperty("duration").GetDouble(), 0.3);
        Assert.Equal(JsonValueKind.Null, data.GetProperty("transcript").ValueKind);
    }

    [Fact]
    public async Task A_video_in_an_upright_frame_shows_round_things_round()
    {
        var video = await MakeAsync(("prompt", "moving down"), ("seconds", "2"), ("size", "144x256"), ("fps", "8"), Reference());
        Assert.Contains("red circle moving down", (await DescribeAsync(video)).GetProperty("data")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_drawn_and_moves()
    {
        var events = await EventsAsync(("prompt", "a red square moving left on a white background"), ("seconds", "1"), ("size", "128x128"), ("seed", "3"), ("steps", "8"));
        var progress = events.Where(item => Type(item) == "video.progress").Select(item => item.GetProperty("progress").GetInt32()).ToList();
        Assert.Equal(progress.Order(), progress);
        Assert.Equal(0, progress[0]);
        Assert.InRange(progress.Count, 3, 100);
        var end = events[^1];
        Assert.Equal(("video.completed", 1), (Type(end), end.GetProperty("usage").GetProperty("images").GetInt32()));
        var text = (await DescribeAsync(Content(events, "video"))).GetProperty("data")[0];
        Assert.Equal("moving left", text.GetProperty("motion").GetString());
        Assert.Contains("red", text.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("RIFF"u8, Content(events, "thumbnail").AsSpan(0, 4));
    }

    [Fact]
    public async Task An_mp4_is_what_browsers_play_and_has_its_index_in_front()
    {
        var video = await MakeAsync(("prompt", "moving right"), ("seconds", "1"), ("size", "128x96"), Reference());
        Assert.Equal("ftyp"u8, video.AsSpan(4, 4));
        var text = Encoding.Latin1.GetString(video);
        Assert.InRange(text.IndexOf("moov", StringComparison.Ordinal), 0, text.IndexOf("mdat", StringComparison.Ordinal));
        Assert.Contains("avc1", text, StringComparison.Ordinal);

        // The High profile with 4:2:0 is 100; 4:4:4 would be 244, which no browser plays.
        Assert.Equal(100, video[text.IndexOf("avcC", StringComparison.Ordinal) + 5]);
        var size = text.IndexOf("avc1", text.IndexOf("stsd", StringComparison.Ordinal), StringComparison.Ordinal) + 28;
        Assert.Equal((128, 96), (BinaryPrimitives.ReadUInt16BigEndian(video.AsSpan(size)), BinaryPrimitives.ReadUInt16BigEndian(video.AsSpan(size + 2))));
    }

    [Fact]
    public async Task A_webm_is_made_and_understood_as_well()
    {
        var video = await MakeAsync(("prompt", "moving right"), ("seconds", "1"), ("size", "128x128"), ("output_format", "webm"), Reference());
        Assert.Equal([0x1A, 0x45, 0xDF, 0xA3], video[..4]);
        Assert.Contains("red circle moving right", (await DescribeAsync(video)).GetProperty("data")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("size", "100000x100000")]
    [InlineData("size", "127x128")]
    [InlineData("size", "x")]
    [InlineData("seconds", "0")]
    [InlineData("seconds", "61")]
    [InlineData("seconds", "4.5")]
    [InlineData("output_format", "avi")]
    [InlineData("fps", "1000")]
    public async Task What_cannot_be_made_is_refused_before_anything_is_drawn(string name, string value)
    {
        var exchange = new MediaExchange(Making, Painter, [("prompt", null, "x"u8.ToArray()), (name, null, Encoding.UTF8.GetBytes(value))]);
        await onnx.Runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.Equal((400, name), (exchange.Status, exchange.Json.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Cancelling_ends_the_work()
    {
        using var stop = new CancellationTokenSource();
        var exchange = new MediaExchange(Making, Painter, [("prompt", null, "moving right"u8.ToArray()), ("seconds", null, "60"u8.ToArray()), ("size", null, "1280x720"u8.ToArray()), ("input_reference", "a.png", Scene.Png("circle", "red"))]);
        var work = onnx.Runtime.ExecuteAsync(exchange, stop.Token).AsTask();
        while (!exchange.Text.Contains("\"progress\":5", StringComparison.Ordinal) && !work.IsCompleted) await Task.Delay(5, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    internal async Task<byte[]> MakeAsync(params (string Name, object Value)[] fields) => Content(await EventsAsync(fields), "video");

    private static (string Name, object Value) Reference() => ("input_reference", Scene.Png("circle", "red", 192));

    private async Task<JsonElement> DescribeAsync(byte[] video)
    {
        var exchange = new MediaExchange(Describing, Seer, [("video", "a.bin", video)]);
        await onnx.Runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }

    private async Task<List<JsonElement>> EventsAsync(params (string Name, object Value)[] fields)
    {
        Assert.SkipUnless(FfmpegChild.IsThere || Environment.GetEnvironmentVariable("RESULTITY_CI") == "1", "ffmpeg is not installed.");
        var exchange = new MediaExchange(Making, Painter, fields.Select(static field => field.Value is byte[] file ? (field.Name, "reference.png", file) : (field.Name, (string?)null, Encoding.UTF8.GetBytes((string)field.Value))));
        await onnx.Runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.True(exchange.Status == 200, exchange.Text);
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
        return [.. exchange.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static frame => frame != "data: [DONE]").Select(static frame => JsonElement.Parse(frame["data: ".Length..]))];
    }

    private static string Type(JsonElement item) => item.GetProperty("type").GetString()!;

    private static byte[] Content(List<JsonElement> events, string variant) =>
        [.. events.Where(item => Type(item) == "video.content.delta" && item.GetProperty("variant").GetString() == variant).SelectMany(static item => item.GetProperty("delta").GetBytesFromBase64())];
}
