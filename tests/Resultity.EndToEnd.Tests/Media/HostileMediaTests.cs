using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.Onnx.Imaging;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Media;

/// <summary>Hostile files against a whole installation: gateway, node, decoders, ffmpeg.</summary>
public sealed class HostileMediaTests : IAsyncLifetime
{
    private const string Writer = "resultity-mini-whisper";
    private const int AtOnce = 4;
    private const long MostGrowth = 1L << 30;

    private readonly TcpListener _bait = new(IPAddress.Loopback, 0);
    private Installation _up = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (Tool.Missing("ffmpeg", "prlimit") is { } reason) Assert.Skip(reason);
        _bait.Start();
        _up = await Installation.StartAsync("up");
        await MustAsync("subclouds", "create", "lab", "--feature", "video", "--public");
        await MustAsync("subclouds", "admit", "lab", (string)(await _up.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null) await _up.DisposeAsync();
        _bait.Dispose();
    }

    [Fact]
    public async Task Three_hundred_hostile_files_get_an_answer_or_a_clear_refusal_and_the_service_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The memory of another process is read from /proc.");
        var files = new HostileFiles(new Uri($"http://127.0.0.1:{((IPEndPoint)_bait.LocalEndpoint).Port}/")).Make().ToList();
        Assert.InRange(files.Count, 300, int.MaxValue);
        await DescribesAsync();
        var before = Resident(_up.Gateway.Id);
        var refused = 0;
        await Parallel.ForEachAsync(files.Index(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancellation }, async (entry, cancellation) =>
        {
            var (kind, name, file) = entry.Item;
            var (status, answer) = await SendAsync(kind, name, file, asJson: entry.Index % 3 == 0, cancellation);
            if (status == 200) return;
            Assert.True(status is 400 or 413, $"{kind} {name}: {status} {answer}");
            var error = JsonNode.Parse(answer)!["error"]!;
            Assert.True((string?)error["message"] is { Length: > 10 } && error["param"] is not null && error["code"] is not null, $"{kind} {name}: {answer}");
            Interlocked.Increment(ref refused);
        });
        var grown = Resident(_up.Gateway.Id) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{files.Count} files, {refused} refused; most memory grew by {grown >> 20} MB");
        Assert.InRange(refused, files.Count / 2, files.Count);
        Assert.InRange(grown, 0, MostGrowth);
        Assert.False(_bait.Pending(), "An address that a file names was asked.");
        await DescribesAsync();
    }

    [Fact]
    public async Task Addresses_in_requests_are_refused_and_not_asked()
    {
        var address = $"http://127.0.0.1:{((IPEndPoint)_bait.LocalEndpoint).Port}/a";
        foreach (var (path, body) in ((string, string)[])
        [
            ("v1/images/description", $$"""{"image":"{{address}}.png"}"""),
            ("v1/images/edits", $$"""{"prompt":"x","image":"{{address}}.png"}"""),
            ("v1/chat/completions", $$$"""{"model":"resultity-mini-caption","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{address}}}.png"}}]}]}"""),
            ("v1/audio/transcriptions", $$"""{"model":"resultity-mini-whisper","file":"{{address}}.mp3"}"""),
            ("subclouds/lab/v1/videos/description", $$"""{"video":"{{address}}.mp4"}"""),
            ("subclouds/lab/v1/videos", $$"""{"prompt":"x","seconds":"1","input_reference":"{{address}}.png"}"""),
        ])
        {
            using var response = await _up.Http.PostAsync(path, new StringContent(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json")), Cancellation);
            var answer = await response.Content.ReadAsStringAsync(Cancellation);
            if (path.EndsWith("/videos", StringComparison.Ordinal)) await FailsAsync((string)JsonNode.Parse(answer)!["id"]!);
            else Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{path}: {response.StatusCode} {answer}");
        }

        Assert.False(_bait.Pending());
    }

    /// <summary>Waits for a video that can't be made.</summary>
    private async Task FailsAsync(string id)
    {
        JsonNode video;
        do
        {
            using var waited = await _up.Http.GetAsync($"subclouds/lab/v1/requests/{id.Replace("video_", "req_", StringComparison.Ordinal)}?wait=30", Cancellation);
            video = JsonNode.Parse(await _up.Http.GetStringAsync($"subclouds/lab/v1/videos/{id}", Cancellation))!;
        }
        while ((string?)video["status"] is "queued" or "in_progress");
        Assert.True((string?)video["status"] == "failed", video.ToJsonString());
        Assert.Contains("input_reference", video["error"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<(int Status, string Answer)> SendAsync(string kind, string name, byte[] file, bool asJson, CancellationToken cancellation)
    {
        var (path, field, type) = kind switch
        {
            "image" => ("v1/images/description", "image", "image/png"),
            "sound" => ("v1/audio/transcriptions", "file", "audio/mpeg"),
            _ => ("subclouds/lab/v1/videos/description", "video", "video/mp4"),
        };
        using HttpContent content = asJson
            ? new StringContent($$"""{"model":"{{(kind == "sound" ? Writer : "resultity-mini-caption")}}","{{field}}":"data:{{type}};base64,{{Convert.ToBase64String(file)}}"}""", new UTF8Encoding(false), new MediaTypeHeaderValue("application/json"))
            : Form(kind, field, name, file);
        using var response = await _up.Http.PostAsync(path, content, cancellation);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
    }

    private static MultipartFormDataContent Form(string kind, string field, string name, byte[] file)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(file), field, name } };
        if (kind == "sound") form.Add(new StringContent(Writer), "model");
        return form;
    }

    private async Task DescribesAsync()
    {
        var (status, answer) = await SendAsync("image", "good.png", PictureWriter.Write(new Picture(64, 64, [.. Enumerable.Repeat((byte)255, 64 * 64 * 4)]), PictureFormat.Png), asJson: false, Cancellation);
        Assert.True(status == 200, answer);
    }

    private async Task MustAsync(params string[] arguments)
    {
        var (code, _, errors) = await _up.CliAsync(arguments);
        Assert.True(code == 0, errors);
    }

    /// <summary>The most memory that a process ever held, in bytes.</summary>
    private static long Resident(int process)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmHWM:".Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }
}
