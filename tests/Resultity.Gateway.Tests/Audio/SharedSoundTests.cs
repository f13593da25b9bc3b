using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Gateway.Tests.Admin;
using Resultity.Gateway.Tests.Subclouds;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Speech;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>Long sound on several nodes: a whole gateway, linked nodes, and a model of Whisper's layout with random weights, whose words depend on every sample of a piece.</summary>
public sealed class SharedSoundTests : IAsyncLifetime
{
    private const int Rate = 16_000, Seconds = 190;
    private static readonly byte[] Sound = Bursts(Seconds);

    private readonly RandomWhisper _model = new(width: 32, heads: 4, layers: 1, text: 300, positions: 250, length: 32, looks: true);
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-children-").FullName;
    private readonly List<ChildHost> _children = [];
    private SubcloudGateway _cloud = null!;
    private HttpClient _client = null!;

    private string Model => Path.GetFileName(_model.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cloud = await SubcloudGateway.StartAsync();
        _client = _cloud.Gateway.Client(AdminGateway.ApiKey);
        _client.Timeout = TimeSpan.FromMinutes(5);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cloud.DisposeAsync();
        foreach (var host in _children) await host.DisposeAsync();
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("verbose_json")]
    [InlineData("json")]
    [InlineData("text")]
    [InlineData("srt")]
    [InlineData("vtt")]
    public async Task Three_nodes_write_down_exactly_what_one_does_alone(string format)
    {
        foreach (var name in (string[])["first", "second", "third"]) await JoinAsync(name);
        var (alone, one, type) = await TranscribeAsync(format, ("resultity_part", "0/1"));
        var (together, many, sameType) = await TranscribeAsync(format);
        Assert.Single(one.Split(','));
        Assert.Equal(3, many.Split(',').Length);
        Assert.Equal(type, sameType);
        Assert.True(alone.Length > 500, alone);
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Times_of_the_shares_never_go_back()
    {
        foreach (var name in (string[])["first", "second", "third"]) await JoinAsync(name);
        var (text, _, _) = await TranscribeAsync("verbose_json", ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"));
        var answer = JsonNode.Parse(text)!;
        Assert.Equal(Seconds, (double)answer["duration"]!, 0.01);
        Assert.Equal(Enumerable.Range(0, answer["segments"]!.AsArray().Count), answer["segments"]!.AsArray().Select(static segment => (int)segment!["id"]!));
        foreach (var list in (string[])["segments", "words"])
        {
            var starts = answer[list]!.AsArray().Select(static item => (double)item!["start"]!).ToList();
            Assert.True(starts.Count > 20, text);
            Assert.Equal(starts.Order(), starts);
            Assert.InRange(starts[^1], Seconds * 0.9, Seconds);
        }
    }

    [Fact]
    public async Task Shares_are_one_request_of_a_key_s_limit()
    {
        foreach (var name in (string[])["first", "second"]) await JoinAsync(name);
        var key = await _cloud.AdminAsync(HttpMethod.Post, "keys", """{"name":"one","requests_per_minute":1}""", 201);
        using var client = _cloud.Gateway.Client(key["key"]!.GetValue<string>());
        var (_, nodes, _) = await TranscribeAsync("json", client);
        Assert.Equal(2, nodes.Split(',').Length);
        using var form = SoundForm.Of(Sound, "long.wav", ("model", Model));
        using var refused = await client.PostAsync("/v1/audio/transcriptions", form, Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    /// <remarks>An hour over one node and over three, with engines that take their time instead of the processor's, since nodes on one machine share its cores.</remarks>
    [Fact]
    public async Task An_hour_over_three_nodes_is_two_and_a_half_times_as_quick_as_over_one()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RESULTITY_BENCH") == "1", "It takes a minute of a quiet machine: RESULTITY_BENCH=1 runs it.");
        const int hour = 3600;
        var speed = TimeSpan.FromSeconds(30.0 / hour);
        foreach (var name in (string[])["first", "second", "third"]) await _cloud.AddNodeAsync(name, new PacedWriter(hour, speed));
        var sound = Bursts(hour);
        var times = new List<double>();
        foreach (var fields in ((string, string)[][])[[("resultity_part", "0/1")], []])
        {
            var watch = Stopwatch.StartNew();
            using var form = SoundForm.Of(sound, "hour.wav", [("model", PacedWriter.Model), ("response_format", "verbose_json"), .. fields]);
            using var response = await _client.PostAsync("/v1/audio/transcriptions", form, Cancellation);
            var segments = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["segments"]!.AsArray();
            times.Add(watch.Elapsed.TotalSeconds);
            Assert.Equal(Enumerable.Range(0, hour / PacedWriter.Piece).Select(static piece => (double)piece * PacedWriter.Piece), segments.Select(static segment => (double)segment!["start"]!));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one hour ({sound.Length >> 20} MB) over one node {times[0]:0.0} s, over three {times[1]:0.0} s: {times[0] / times[1]:0.00} times as quick"));
        Assert.True(times[0] / times[1] >= 2.5);
    }

    private async Task JoinAsync(string name)
    {
        var children = new ChildHost(Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);
        _children.Add(children);
        var runtime = new OnnxRuntime(new OnnxRuntimeOptions { Folders = [_model.Path] }, children, TimeProvider.System, NullLogger<OnnxRuntime>.Instance);
        await runtime.StartAsync(Cancellation);
        await _cloud.AddNodeAsync(name, runtime);
    }

    private Task<(string Text, string Nodes, string Type)> TranscribeAsync(string format, params (string Name, string Value)[] fields) => TranscribeAsync(format, _client, fields);

    private async Task<(string Text, string Nodes, string Type)> TranscribeAsync(string format, HttpClient client, params (string Name, string Value)[] fields)
    {
        using var form = SoundForm.Of(Sound, "long.wav", [("model", Model), ("response_format", format), ("language", "en"), .. fields]);
        using var response = await client.PostAsync("/v1/audio/transcriptions", form, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        return (text, response.Headers.GetValues("x-resultity-node").Single(), response.Content.Headers.ContentType!.ToString());
    }

    /// <summary>Bursts of tones and noise with silences between them, as a WAVE file.</summary>
    private static byte[] Bursts(int seconds)
    {
        var random = new Random(3);
        var data = new byte[seconds * Rate * 2];
        for (var at = 0; at < seconds * Rate;)
        {
            var (length, pitch) = (Math.Min(random.Next(Rate / 2, Rate * 2), (seconds * Rate) - at), random.Next(90, 900));
            for (var i = 0; i < length; i++)
            {
                var value = (short)((Math.Sin(i * 2 * Math.PI * pitch / Rate) * 6000) + random.Next(-800, 800));
                (data[(at + i) * 2], data[((at + i) * 2) + 1]) = ((byte)value, (byte)(value >> 8));
            }

            at += length + random.Next(Rate / 10, Rate / 2);
        }

        return [.. WavWriter.Header(Rate, data.Length), .. data];
    }
}
