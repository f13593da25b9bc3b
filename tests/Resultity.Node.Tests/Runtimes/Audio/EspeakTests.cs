using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Espeak;
using Resultity.Node.Tests.Runtimes.Processes;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Processes;

namespace Resultity.Node.Tests.Runtimes.Audio;

/// <summary>Speech through the real espeak-ng and ffmpeg.</summary>
public sealed class EspeakTests : ChildTest
{
    private const string Path = "/v1/audio/speech";
    private readonly EspeakRuntime _runtime;

    public EspeakTests() => _runtime = new EspeakRuntime(Host, new AudioLimits());

    public override async ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng", "ffmpeg") is { } reason) Assert.Skip(reason);
        await _runtime.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task<SoundExchange> SpeakAsync(object body)
    {
        var exchange = SoundExchange.JsonOf(Path, EspeakRuntime.Model, body);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        return exchange;
    }

    [Fact]
    public async Task Wav_and_pcm_are_24_khz_in_one_channel_and_as_long_as_the_usage_says()
    {
        var wav = await SpeakAsync(new { input = "A red circle.", voice = "alloy", response_format = "wav" });
        Assert.Equal((200, "audio/wav"), (wav.Status, wav.AnswerType));
        var sound = WavReader.Read(wav.Bytes, 60);
        Assert.Equal(24_000, sound.Rate);
        Assert.InRange(sound.Seconds, 0.5, 3);
        Assert.Equal(sound.Seconds, wav.Usage!.Value.AudioMilliseconds / 1000.0, 0.01);
        var pcm = await SpeakAsync(new { input = "A red circle.", voice = "alloy", response_format = "pcm" });
        Assert.Equal(wav.Bytes[WavWriter.HeaderLength..], pcm.Bytes);
    }

    [Theory]
    [InlineData("mp3", "audio/mpeg", "mp3")]
    [InlineData("opus", "audio/opus", "opus")]
    [InlineData("aac", "audio/aac", "aac")]
    [InlineData("flac", "audio/flac", "flac")]
    public async Task Other_formats_are_what_a_player_takes_them_for(string format, string type, string codec)
    {
        var exchange = await SpeakAsync(new { input = "A red circle. And a blue square.", voice = "nova", response_format = format });
        Assert.Equal((200, type, true), (exchange.Status, exchange.AnswerType, exchange.Completed));
        var file = System.IO.Path.Combine(Folder, "sound");
        await File.WriteAllBytesAsync(file, exchange.Bytes, TestContext.Current.CancellationToken);
        var probed = System.Text.Encoding.UTF8.GetString(Tool.Run("ffprobe", [], "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file));
        Assert.Equal(codec, probed.Trim());
        var decoded = Tool.Run("ffmpeg", [], "-v", "error", "-i", file, "-f", "s16le", "-ac", "1", "-ar", "24000", "pipe:1");
        Assert.Equal(exchange.Usage!.Value.AudioMilliseconds / 1000.0, decoded.Length / 48_000.0, 0.15);
    }

    [Fact]
    public async Task Mp3_is_what_comes_when_no_format_is_named() =>
        Assert.Equal("audio/mpeg", (await SpeakAsync(new { input = "Hello.", voice = "alloy" })).AnswerType);

    [Fact]
    public async Task The_first_sentence_is_sent_before_the_others_are_said()
    {
        var exchange = await SpeakAsync(new { input = string.Join(' ', Enumerable.Repeat("This is a sentence of some length.", 20)), voice = "alloy", response_format = "pcm" });
        Assert.Equal(20, exchange.Pieces.Count);
        Assert.Equal(exchange.Bytes.Length, exchange.Pieces.Sum());
    }

    [Fact]
    public async Task Events_carry_the_same_sound()
    {
        var whole = await SpeakAsync(new { input = "One. Two. A third sentence follows.", voice = "echo", response_format = "wav" });
        var streamed = await SpeakAsync(new { input = "One. Two. A third sentence follows.", voice = "echo", response_format = "wav", stream_format = "sse" });
        Assert.Equal("text/event-stream", streamed.AnswerType);
        var sound = streamed.Events.Where(e => e.GetProperty("type").GetString() == "speech.audio.delta").SelectMany(e => e.GetProperty("audio").GetBytesFromBase64()).ToArray();
        Assert.Equal(whole.Bytes, sound);
        var done = streamed.Events[^1];
        Assert.Equal("speech.audio.done", done.GetProperty("type").GetString());
        Assert.Equal(WavReader.Read(sound, 60).Seconds, done.GetProperty("usage").GetProperty("seconds").GetDouble(), 0.01);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Speed_changes_the_length_by_about_its_factor(double speed)
    {
        const string text = "The quick brown fox jumps over the lazy dog near the river bank";
        var normal = WavReader.Read((await SpeakAsync(new { input = text, voice = "alloy", response_format = "wav" })).Bytes, 60).Seconds;
        var changed = WavReader.Read((await SpeakAsync(new { input = text, voice = "alloy", response_format = "wav", speed })).Bytes, 120).Seconds;
        Assert.InRange(normal / changed, speed * 0.65, speed * 1.4);
    }

    [Fact]
    public async Task Voices_are_openai_s_and_espeak_s_and_differ()
    {
        var voices = _runtime.Offers.Single().Voices!;
        Assert.Contains("alloy", voices);
        Assert.Contains("de", voices);
        HashSet<string> sounds = [];
        foreach (var voice in (string[])["alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse", "marin", "cedar", "de", "fr+f2", "en-gb"])
        {
            var exchange = await SpeakAsync(new { input = "Hello world.", voice, response_format = "wav" });
            Assert.True(exchange.Status == 200, exchange.Text);
            Assert.True(sounds.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(exchange.Bytes))), $"{voice} sounds like another");
        }
    }

    [Theory]
    [InlineData("""{"voice":"alloy"}""", "input")]
    [InlineData("""{"input":"  ","voice":"alloy"}""", "input")]
    [InlineData("""{"input":"Hello","voice":"nobody"}""", "voice")]
    [InlineData("""{"input":"Hello","voice":"../../etc/passwd"}""", "voice")]
    [InlineData("""{"input":"Hello","voice":"en-us+../x"}""", "voice")]
    [InlineData("""{"input":"Hello","voice":"--help"}""", "voice")]
    [InlineData("""{"input":"Hello","voice":"alloy","speed":5}""", "speed")]
    [InlineData("""{"input":"Hello","voice":"alloy","response_format":"midi"}""", "response_format")]
    public async Task What_is_wrong_is_refused_with_its_name(string body, string param)
    {
        var exchange = new SoundExchange(Path, EspeakRuntime.Model, "application/json", System.Text.Encoding.UTF8.GetBytes(body));
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.Equal(400, exchange.Status);
        Assert.Equal(param, exchange.Json.GetProperty("error").GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("...")]
    [InlineData("[[hello]] <break time='3s'/> \u0001 & \"quotes\" `ls` $(ls)")]
    [InlineData("Größe, naïve, 你好, привет, 🎉 and 3.14 % of £5")]
    [InlineData("-v de --help")]
    public async Task Any_text_is_said_as_text(string input) =>
        Assert.Equal(200, (await SpeakAsync(new { input, voice = "alloy", response_format = "wav" })).Status);

    [Fact]
    public async Task A_client_that_leaves_stops_the_speaking_and_leaves_no_process()
    {
        using var stop = new CancellationTokenSource();
        var exchange = SoundExchange.JsonOf(Path, EspeakRuntime.Model, new { input = string.Join(' ', Enumerable.Repeat("A sentence.", 300)), voice = "alloy" });
        var running = _runtime.ExecuteAsync(exchange, stop.Token).AsTask();
        await exchange.First.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
    }
}
