using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Tests.Runtimes.Processes;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Speech;

namespace Resultity.Node.Tests.Runtimes.Audio;

/// <summary>Transcription by a model of Whisper's layout with random weights: formats, files and refusals, which do not depend on what it hears.</summary>
public sealed class TranscriptionTests : ChildTest
{
    private const string Transcriptions = "/v1/audio/transcriptions";
    private static readonly string[] Formats = ["wav", "mp3", "flac", "ogg", "webm", "mp4", "m4a", "opus", "adts"];
    private readonly RandomWhisper _folder = new(width: 32, heads: 4, layers: 2, text: 300, positions: 100, length: 48, looks: true);
    private readonly OnnxRuntime _runtime;

    public TranscriptionTests() => _runtime = new OnnxRuntime(new OnnxRuntimeOptions { Folders = [_folder.Path] }, Host, TimeProvider.System, NullLogger<OnnxRuntime>.Instance);

    private string Model => System.IO.Path.GetFileName(_folder.Path);

    public override async ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng", "ffmpeg") is { } reason) Assert.Skip(reason);
        await _runtime.StartAsync(TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    private async Task<SoundExchange> PostAsync(byte[] file, string name, params (string Name, string Value)[] fields)
    {
        var exchange = await SoundExchange.FormAsync(Transcriptions, Model, file, name, fields);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        return exchange;
    }

    private byte[] Encode(byte[] wav, string format)
    {
        var path = System.IO.Path.Combine(Folder, "in." + (format == "adts" ? "aac" : format));
        Tool.Run("ffmpeg", wav, "-v", "error", "-y", "-i", "pipe:0", path);
        return File.ReadAllBytes(path);
    }

    [Fact]
    public async Task Every_container_is_heard_alike_whatever_its_name_says()
    {
        var wav = Tool.Say("A red circle on the left and a blue square on the right.");
        var seconds = Resultity.Onnx.Speech.Sound.WavReader.Read(wav, 60).Seconds;
        foreach (var format in Formats)
        {
            var exchange = await PostAsync(Encode(wav, format), "sound.bin", ("response_format", "verbose_json"));
            Assert.True(exchange.Status == 200, $"{format}: {exchange.Text}");
            Assert.Equal(seconds, exchange.Json.GetProperty("duration").GetDouble(), 0.2);
            Assert.Equal(Math.Ceiling(exchange.Json.GetProperty("duration").GetDouble()), exchange.Json.GetProperty("usage").GetProperty("seconds").GetDouble());
            Assert.Equal(seconds, exchange.Usage!.Value.AudioMilliseconds / 1000.0, 0.2);
        }
    }

    [Fact]
    public async Task Each_answer_format_has_its_type_and_shape()
    {
        var wav = Tool.Say("One two three four five six seven eight nine ten.");
        var json = (await PostAsync(wav, "a.wav")).Json;
        Assert.Equal(["text", "usage"], json.EnumerateObject().Select(static p => p.Name));
        var text = await PostAsync(wav, "a.wav", ("response_format", "text"));
        Assert.StartsWith("text/plain", text.AnswerType, StringComparison.Ordinal);
        Assert.Equal(json.GetProperty("text").GetString(), text.Text.TrimEnd('\n'));
        var srt = await PostAsync(wav, "a.wav", ("response_format", "srt"));
        Assert.Matches(@"^1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n", srt.Text);
        var vtt = await PostAsync(wav, "a.wav", ("response_format", "vtt"));
        Assert.Matches(@"^WEBVTT\n\n00:00:\d\d\.\d{3} --> 00:00:\d\d\.\d{3}\n", vtt.Text);
        var verbose = (await PostAsync(wav, "a.wav", ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"))).Json;
        Assert.Equal("transcribe", verbose.GetProperty("task").GetString());
        Assert.NotEmpty(verbose.GetProperty("segments").EnumerateArray());
        Assert.NotEmpty(verbose.GetProperty("words").EnumerateArray());
        Assert.False((await PostAsync(wav, "a.wav", ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"))).Json.TryGetProperty("segments", out _));
    }

    [Fact]
    public async Task A_stream_s_deltas_are_the_text_of_its_end()
    {
        var exchange = await PostAsync(Tool.Say("One two three four five six seven eight nine ten eleven twelve."), "a.wav", ("stream", "true"), ("response_format", "verbose_json"));
        Assert.Equal("text/event-stream", exchange.AnswerType);
        string Type(System.Text.Json.JsonElement e) => e.GetProperty("type").GetString()!;
        var deltas = string.Concat(exchange.Events.Where(e => Type(e) == "transcript.text.delta").Select(e => e.GetProperty("delta").GetString()));
        Assert.Equal(exchange.Events[^1].GetProperty("text").GetString(), deltas.Trim());
        Assert.Equal("transcript.text.done", Type(exchange.Events[^1]));
        Assert.Contains(exchange.Events, e => Type(e) == "transcript.text.segment");
        Assert.Equal("duration", exchange.Events[^1].GetProperty("usage").GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_json_body_with_a_data_url_is_the_same_request()
    {
        var wav = Tool.Say("Hello.");
        var exchange = SoundExchange.JsonOf(Transcriptions, Model, new { model = Model, file = "data:audio/wav;base64," + Convert.ToBase64String(wav), language = "English" });
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.Equal((await PostAsync(wav, "a.wav", ("language", "en"))).Text, exchange.Text);
    }

    [Theory]
    [InlineData("language", "fr")]
    [InlineData("language", "klingon")]
    [InlineData("temperature", "hot")]
    [InlineData("temperature", "7")]
    [InlineData("response_format", "diarized_json")]
    public async Task What_is_wrong_is_refused_with_its_name(string field, string value)
    {
        var exchange = await PostAsync(Tool.Say("Hello."), "a.wav", (field, value));
        Assert.Equal((400, field), (exchange.Status, exchange.Json.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Hostile_files_are_refused_in_words_and_none_is_left_behind()
    {
        var before = Directory.GetDirectories(System.IO.Path.GetTempPath(), "resultity-audio-*").Length;
        foreach (var (name, file) in HostileSounds.Make(format => Encode(Tool.Say("Hello world, this is a longer sentence."), format)))
        {
            var exchange = await PostAsync(file, name);
            Assert.True(exchange.Status is 200 or 400, $"{name}: {exchange.Status}");
            if (exchange.Status == 200) continue;
            var error = exchange.Json.GetProperty("error");
            Assert.True(error.GetProperty("param").GetString() == "file" && error.GetProperty("message").GetString()!.Length is > 20 and < 400, $"{name}: {exchange.Text}");
            Assert.DoesNotContain("/tmp", exchange.Text, StringComparison.Ordinal);
        }
        Assert.Equal(200, (await PostAsync(Tool.Say("Hello."), "good.wav")).Status);
        Assert.Equal(before, Directory.GetDirectories(System.IO.Path.GetTempPath(), "resultity-audio-*").Length);
    }
}
