using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Piper;
using Resultity.Node.Tests.Runtimes.Processes;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Speech;

namespace Resultity.Node.Tests.Runtimes.Audio;

/// <summary>Voices of Piper's layout: a graph that gives each phoneme some samples of its own number, so that what went in can be read from what comes out.</summary>
public sealed class PiperTests : ChildTest
{
    private const int SamplesPerPhoneme = 256;

    public override ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng") is { } reason) Assert.Skip(reason);
        return default;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_voice_says_begin_phonemes_with_pads_and_end(bool speakers)
    {
        await using var runtime = await StartAsync(speakers);
        Assert.Equal(speakers ? ["alloy", "anna", "ben"] : ["alloy"], runtime.Offers.Single().Voices);
        var exchange = SoundExchange.JsonOf("/v1/audio/speech", "xx-test-low", new { input = "Hi!", voice = speakers ? "ben" : "alloy", response_format = "wav" });
        await runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.True(exchange.Status == 200, exchange.Text);
        var sound = WavReader.Read(exchange.Bytes, 10);
        // h, aɪ as two, with stress, and the mark: begin, pad, (phoneme, pad) for each, end.
        var marks = "hˈaɪ!".Length;
        Assert.Equal((3 + (2 * marks)) * SamplesPerPhoneme / 24_000.0, sound.Seconds, 0.001);
        var values = sound.Values.ToArray();
        double At(int phoneme) => values[(phoneme * SamplesPerPhoneme) + 128] * 1000 - (speakers ? 100 : 0);
        Assert.Equal([1, 0, 4], new[] { At(0), At(1), At(2) }.Select(static value => (int)Math.Round(value)));
        Assert.Equal(2, (int)Math.Round(At(2 + (2 * marks))));
    }

    [Fact]
    public async Task Speed_is_the_graph_s_length_scale()
    {
        await using var runtime = await StartAsync(speakers: false);
        var exchange = SoundExchange.JsonOf("/v1/audio/speech", "xx-test-low", new { input = "Hi!", voice = "alloy", response_format = "wav", speed = 2 });
        await runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        // The graph adds the scale's tenths to each sample: 1 / 2.
        Assert.Equal(0.001 - 0.05, WavReader.Read(exchange.Bytes, 10).Values.Span[128], 0.001);
    }

    [Fact]
    public async Task An_unknown_speaker_is_refused_and_a_broken_voice_is_not_offered()
    {
        await using var runtime = await StartAsync(speakers: true);
        await File.WriteAllTextAsync(System.IO.Path.Combine(Folder, "voices", "broken.onnx"), "no graph", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(System.IO.Path.Combine(Folder, "voices", "broken.onnx.json"), "{}", TestContext.Current.CancellationToken);
        await using var again = new PiperRuntime([Folder], Host, new AudioLimits(), NullLogger<PiperRuntime>.Instance);
        await again.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("xx-test-low", Assert.Single(again.Offers).Model);
        var exchange = SoundExchange.JsonOf("/v1/audio/speech", "xx-test-low", new { input = "Hi!", voice = "nobody", response_format = "wav" });
        await runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.Equal((400, "voice"), (exchange.Status, exchange.Json.GetProperty("error").GetProperty("param").GetString()));
    }

    private async Task<PiperRuntime> StartAsync(bool speakers)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Folder, "voices")).FullName;
        var graph = new GraphWriter(1);
        var ids = graph.Input("input", TensorElementType.Int64, "batch_size", "phonemes");
        graph.Input("input_lengths", TensorElementType.Int64, "batch_size");
        var scales = graph.Input("scales", TensorElementType.Float, 3);
        var levels = graph.Node("Mul", [graph.Node("Cast", [ids], ("to", (int)TensorElementType.Float)), graph.Scalar(0.001f)]);
        if (speakers) levels = graph.Node("Add", [levels, graph.Node("Mul", [graph.Node("Cast", [graph.Input("sid", TensorElementType.Int64, "batch_size")], ("to", (int)TensorElementType.Float)), graph.Scalar(0.1f)])]);
        // A tenth of what the length scale differs from one.
        var length = graph.Node("Slice", [scales, graph.Longs(1), graph.Longs(2)]);
        levels = graph.Node("Add", [levels, graph.Node("Mul", [graph.Node("Sub", [length, graph.Scalar(1)]), graph.Scalar(0.1f)])]);
        var spread = graph.Node("Expand", [graph.Node("Reshape", [levels, graph.Longs(1, 1, -1, 1)]), graph.Longs(1, 1, 1, SamplesPerPhoneme)]);
        graph.Output("output", TensorElementType.Float, graph.Node("Reshape", [spread, graph.Longs(1, 1, 1, -1)]), "batch_size", 1, 1, "time");
        await File.WriteAllBytesAsync(System.IO.Path.Combine(folder, "xx-test-low.onnx"), graph.Write());
        var map = new JsonObject { ["_"] = new JsonArray(0), ["^"] = new JsonArray(1), ["$"] = new JsonArray(2), [" "] = new JsonArray(3) };
        foreach (var phoneme in (string[])["h", "a", "ɪ", "ˈ", "!"]) map[phoneme] = new JsonArray(map.Count);
        await File.WriteAllTextAsync(System.IO.Path.Combine(folder, "xx-test-low.onnx.json"), new JsonObject
        {
            ["audio"] = new JsonObject { ["sample_rate"] = 24_000 },
            ["espeak"] = new JsonObject { ["voice"] = "en-us" },
            ["num_speakers"] = speakers ? 2 : 1,
            ["inference"] = new JsonObject { ["noise_scale"] = 0.667, ["length_scale"] = 1, ["noise_w"] = 0.8 },
            ["phoneme_id_map"] = map,
            ["speaker_id_map"] = speakers ? new JsonObject { ["anna"] = 0, ["ben"] = 1 } : new JsonObject(),
        }.ToJsonString());
        var runtime = new PiperRuntime([Folder], Host, new AudioLimits(), NullLogger<PiperRuntime>.Instance);
        await runtime.StartAsync(TestContext.Current.CancellationToken);
        return runtime;
    }
}
