using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Audio;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Speech;
using Xunit;

namespace Resultity.EndToEnd.Tests.Speech;

/// <summary>Speech to text and back on the built-in models, by the official SDK, by plain HTTP and by the command line.</summary>
public sealed class SpeechTests : IAsyncLifetime
{
    private const string Writer = "resultity-mini-whisper", Speaker = "resultity-espeak";
    private const double MostErrors = 0.1;

    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-speech-").FullName;
    private Installation _up = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng", "ffmpeg") is { } reason) Assert.Skip(reason);
        _up = await Installation.StartAsync("up");
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null) await _up.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Sentences_and_voices_that_no_training_has_heard_are_written_down()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "held_out_speech.tsv"), Cancellation);
        var (plain, timed) = (new WordErrors(), new WordErrors());
        for (var i = 0; i < lines.Length; i++)
        {
            var (voice, speed, text) = lines[i].Split('\t') is [var v, var s, var t] ? (v, int.Parse(s, CultureInfo.InvariantCulture), t) : throw new FormatException(lines[i]);
            var sound = Tool.Say(text, voice, speed);
            var heard = (string)(await TranscribeAsync(sound, "a.wav"))["text"]!;
            plain.Add(text, heard);
            if (i % 2 == 0) timed.Add(text, (string)(await TranscribeAsync(sound, "a.wav", ("response_format", "verbose_json")))["text"]!);
            TestContext.Current.TestOutputHelper?.WriteLine($"{text} | {heard}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"word errors {plain.Share:0.000} of {plain.Said} words; with times {timed.Share:0.000} of {timed.Said}"));
        Assert.InRange(plain.Said, 150, int.MaxValue);
        Assert.InRange(plain.Share, 0, MostErrors);
        Assert.InRange(timed.Share, 0, MostErrors);
    }

    [Fact]
    public async Task What_the_built_in_voices_say_is_written_down()
    {
        string[] voices = ["alloy", "nova", "echo", "shimmer", "onyx", "fable", "sage"], formats = ["mp3", "wav", "flac", "opus", "aac"];
        var errors = new WordErrors();
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "held_out_speech.tsv"), Cancellation);
        foreach (var (index, line) in lines.Where(static (_, index) => index % 4 == 0).Index())
        {
            var (text, voice, format) = (line.Split('\t')[^1], voices[index % voices.Length], formats[index % formats.Length]);
            using var spoken = await _up.Http.PostAsync("v1/audio/speech", Json($$"""{"model":"{{Speaker}}","input":"{{text}}","voice":"{{voice}}","response_format":"{{format}}"}"""), Cancellation);
            Assert.Equal(HttpStatusCode.OK, spoken.StatusCode);
            var heard = (string)(await TranscribeAsync(await spoken.Content.ReadAsByteArrayAsync(Cancellation), "sound"))["text"]!;
            errors.Add(text, heard);
            TestContext.Current.TestOutputHelper?.WriteLine($"{voice}, {format}: {text} | {heard}");
        }

        Assert.InRange(errors.Said, 300, int.MaxValue);
        Assert.InRange(errors.Share, 0, MostErrors);
    }

    [Fact]
    public async Task The_official_sdk_speaks_transcribes_with_times_and_translates()
    {
        var speaker = Sdk().GetAudioClient(Speaker);
        var writer = Sdk().GetAudioClient(Writer);
        var spoken = (await speaker.GenerateSpeechAsync("A red circle in the center.", GeneratedSpeechVoice.Alloy, new SpeechGenerationOptions { ResponseFormat = GeneratedSpeechFormat.Wav }, Cancellation)).Value;
        var heard = (await writer.TranscribeAudioAsync(
            spoken.ToStream(), "circle.wav", new AudioTranscriptionOptions { ResponseFormat = AudioTranscriptionFormat.Verbose, TimestampGranularities = AudioTimestampGranularities.Word | AudioTimestampGranularities.Segment }, Cancellation)).Value;
        Assert.Contains("red circle", heard.Text, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(heard.Segments);
        var red = heard.Words.Single(static word => word.Word.Trim().Equals("red", StringComparison.OrdinalIgnoreCase));
        var center = heard.Words[^1];
        Assert.True(red.StartTime < center.StartTime && center.EndTime <= heard.Duration + TimeSpan.FromMilliseconds(50), "the words are in their order and within the sound");
        var german = Tool.Say("Ein roter Kreis links.", "de");
        Assert.Contains("circle on the left", (await writer.TranslateAudioAsync(new MemoryStream(german), "kreis.wav", cancellationToken: Cancellation)).Value.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_transcription_comes_by_polling_in_a_batch_and_from_one_of_several_models()
    {
        var file = $"data:audio/wav;base64,{Convert.ToBase64String(Tool.Say("A blue square."))}";
        using var submit = new HttpRequestMessage(HttpMethod.Post, "v1/audio/transcriptions") { Content = Json($$"""{"model":"nobody-serves-this|{{Writer}}","file":"{{file}}"}""") };
        submit.Headers.Add("Prefer", "respond-async, wait=60");
        using var polled = await _up.Http.SendAsync(submit, Cancellation);
        Assert.Contains("blue square", await polled.Content.ReadAsStringAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
        using var lines = new HttpRequestMessage(HttpMethod.Post, "v1/batches")
        {
            Content = Json($$$"""{"requests":[{"custom_id":"one","method":"POST","url":"/v1/audio/transcriptions","body":{"model":"{{{Writer}}}","file":"{{{file}}}"}},{"custom_id":"two","method":"POST","url":"/v1/audio/speech","body":{"model":"{{{Speaker}}}","input":"Hello","voice":"nova","response_format":"wav"}}]}"""),
        };
        lines.Headers.Add("Prefer", "wait=60");
        using var batch = await _up.Http.SendAsync(lines, Cancellation);
        var text = await batch.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("blue square", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"completed\":2", text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_speaks_and_writes_subtitles()
    {
        var (sound, subtitles) = (Path.Combine(_folder, "circle.mp3"), Path.Combine(_folder, "circle.srt"));
        var (code, _, errors) = await _up.CliAsync("speak", "A red circle on the left.", "-o", sound);
        Assert.True(code == 0, errors);
        (code, _, errors) = await _up.CliAsync("transcribe", sound, "--format", "srt", "-o", subtitles);
        Assert.True(code == 0, errors);
        Assert.Matches(@"^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n.*red circle on the left", (await File.ReadAllTextAsync(subtitles, Cancellation)).Replace("\r", "", StringComparison.Ordinal));
        (code, var text, errors) = await _up.CliAsync("transcribe", sound, "--stream");
        Assert.True(code == 0, errors);
        Assert.Contains("red circle", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_video_in_which_something_is_said_is_described_with_its_transcript()
    {
        foreach (var arguments in (string[][])[["subclouds", "create", "lab", "--feature", "video", "--public"], ["subclouds", "admit", "lab", (string)(await _up.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!]])
        {
            var (code, _, errors) = await _up.CliAsync(arguments);
            Assert.True(code == 0, errors);
        }

        var (sound, video) = (Path.Combine(_folder, "said.wav"), Path.Combine(_folder, "said.mp4"));
        await File.WriteAllBytesAsync(sound, Tool.Say("There is a blue square."), Cancellation);
        Tool.Run("ffmpeg", [], "-v", "error", "-f", "lavfi", "-i", "color=white:size=64x64:rate=8", "-i", sound, "-t", "2", "-pix_fmt", "yuv420p", video);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(await File.ReadAllBytesAsync(video, Cancellation)), "video", "said.mp4" } };
        using var described = await _up.Http.PostAsync("subclouds/lab/v1/videos/description", form, Cancellation);
        var answer = JsonNode.Parse(await described.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Contains("blue square", (string?)answer["data"]![0]!["transcript"] ?? answer.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    private async Task<JsonNode> TranscribeAsync(byte[] sound, string name, params (string Name, string Value)[] fields)
    {
        using var form = SoundForm.Of(sound, name, [("model", Writer), .. fields]);
        using var response = await _up.Http.PostAsync("v1/audio/transcriptions", form, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    private OpenAIClient Sdk() => new(new ApiKeyCredential(Installation.ApiKey), new OpenAIClientOptions { Endpoint = new Uri(_up.Url, "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    private static StringContent Json(string body) => new(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json"));
}
