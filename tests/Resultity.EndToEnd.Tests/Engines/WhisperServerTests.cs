using System.Diagnostics;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Speech;
using Xunit;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>A gateway with its node and a whisper-server under its supervision, for all tests of a class.</summary>
public sealed class WhisperServerFixture : IAsyncLifetime
{
    /// <summary>What the models hear in every sound that is not silence.</summary>
    public const string Said = "Ein roter Kreis, und ein Hund.";

    private readonly ScriptedWhisper _many = new(Said, language: "de", seconds: 1);
    private readonly ScriptedWhisper _english = new("A red circle.", language: null);

    internal Installation Resultity { get; private set; } = null!;

    internal static string? Reason => TestKit.Processes.Engines.Missing("whisper-server") ?? Tool.Missing("espeak-ng", "ffmpeg");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Reason is not null) return;
        var program = TestKit.Processes.Engines.Find("whisper-server") ?? throw new InvalidOperationException("whisper-server is missing: RESULTITY_ENGINES must name a folder made by eng/provision-engines.sh --whisper.");
        Resultity = await Installation.StartAsync(
            "up", "--builtin", "never", "--whisper-server", program, "--whisper", $"{_many.Path},name=whisper,threads=1", "--whisper", $"{_english.Path},name=whisper-en,threads=1");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Resultity is not null) await Resultity.DisposeAsync();
        _many.Dispose();
        _english.Dispose();
    }
}

/// <summary>OpenAI's audio endpoints over a real whisper-server.</summary>
public sealed class WhisperServerTests : IClassFixture<WhisperServerFixture>
{
    private const string Transcriptions = "v1/audio/transcriptions", Said = WhisperServerFixture.Said;
    private readonly WhisperServerFixture _fixture;

    public WhisperServerTests(WhisperServerFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        if (WhisperServerFixture.Reason is { } reason) Assert.Skip(reason);
        _fixture = fixture;
    }

    [Fact]
    public async Task Each_answer_format_has_its_type_and_shape()
    {
        var wav = Tool.Say("One two three four five.");
        Assert.Equal(Said, (string?)(await JsonAsync(wav))["text"]);
        var (_, type, text) = await PostAsync(Transcriptions, wav, ("response_format", "text"));
        Assert.Equal(("text/plain", Said + "\n"), (type, text));
        var (_, srtType, srt) = await PostAsync(Transcriptions, wav, ("response_format", "srt"));
        Assert.Equal(("text/plain", $"1\n00:00:00,000 --> 00:00:01,000\n{Said}\n\n"), (srtType, srt));
        var (_, vttType, vtt) = await PostAsync(Transcriptions, wav, ("response_format", "vtt"));
        Assert.Equal(("text/vtt", $"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{Said}\n\n"), (vttType, vtt));
    }

    [Fact]
    public async Task Segments_words_language_and_duration_are_told()
    {
        var wav = Tool.Say("One two three four five.");
        var answer = await JsonAsync(wav, ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"));
        Assert.Equal(("transcribe", "german"), ((string?)answer["task"], (string?)answer["language"]));
        Assert.Equal(WavReader.Read(wav, 60).Seconds, (double)answer["duration"]!, 0.1);
        var segment = Assert.Single(answer["segments"]!.AsArray())!;
        Assert.Equal((" " + Said, 0, 1), ((string?)segment["text"], (double)segment["start"]!, (double)segment["end"]!));
        var words = answer["words"]!.AsArray();
        Assert.Equal(Said.Split(' '), words.Select(static word => (string?)word!["word"]));
        Assert.All(words, static word => Assert.InRange((double)word!["end"]!, (double)word["start"]!, 3));
        Assert.Equal(Math.Ceiling((double)answer["duration"]!), (double)answer["usage"]!["seconds"]!);
    }

    [Fact]
    public async Task Compressed_sound_is_decoded_and_what_is_no_sound_is_refused()
    {
        var path = Path.Combine(_fixture.Resultity.Folder, "sound.mp3");
        Tool.Run("ffmpeg", Tool.Say("One two three."), "-v", "error", "-y", "-i", "pipe:0", path);
        Assert.Equal(Said, (string?)(await JsonAsync(await File.ReadAllBytesAsync(path)))["text"]);

        var (status, _, body) = await PostAsync(Transcriptions, "this is no sound at all"u8.ToArray());
        var error = JsonNode.Parse(body)!["error"]!;
        Assert.Equal((400, "file", "invalid_audio"), (status, (string?)error["param"], (string?)error["code"]));
    }

    [Fact]
    public async Task Translations_are_english_where_the_model_translates()
    {
        var answer = JsonNode.Parse((await PostAsync("v1/audio/translations", Tool.Say("Eins zwei drei."), ("response_format", "verbose_json"))).Body)!;
        Assert.Equal(("translate", "english"), ((string?)answer["task"], (string?)answer["language"]));

        var (status, _, body) = await PostAsync("v1/audio/translations", Tool.Say("Eins."), ("model", "whisper-en"));
        Assert.True(status is 400 or 404, body);
    }

    [Fact]
    public async Task A_language_that_the_model_does_not_know_is_refused_by_name()
    {
        Assert.Equal("english", (string?)(await JsonAsync(Tool.Say("One."), ("language", "en"), ("response_format", "verbose_json")))["language"]);
        var (status, _, body) = await PostAsync(Transcriptions, Tool.Say("One."), ("model", "whisper-en"), ("language", "fr"));
        Assert.Equal((400, "language"), (status, (string?)JsonNode.Parse(body)!["error"]!["param"]));
    }

    [Fact]
    public async Task Long_sound_goes_piece_by_piece_and_its_stream_tells_each_as_it_comes()
    {
        // Two sentences with much silence between and after them: each in a piece of its own, and pieces in which nothing is heard.
        var sentence = WavReader.Read(Tool.Say("One two three four five."), 60);
        var sound = new float[70 * sentence.Rate];
        sentence.Values.CopyTo(sound);
        sentence.Values.CopyTo(sound.AsMemory(40 * sentence.Rate));
        var (status, type, body) = await PostAsync(Transcriptions, WavWriter.File(new Samples(sound, sentence.Rate)), ("stream", "true"), ("response_format", "verbose_json"));
        Assert.Equal((200, "text/event-stream"), (status, type));
        var events = body.Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(static line => JsonNode.Parse(line["data: ".Length..])!).ToList();
        string[] Kinds(string kind) => [.. events.Where(e => (string?)e["type"] == kind).Select(static e => (string?)e["delta"] ?? "")];
        Assert.Equal([Said, " " + Said], Kinds("transcript.text.delta"));
        var starts = events.Where(static e => (string?)e["type"] == "transcript.text.segment").Select(static e => (double)e["start"]!).ToList();
        Assert.Equal([0, 30], starts);
        Assert.Equal(("transcript.text.done", $"{Said} {Said}", 70), ((string?)events[^1]["type"], (string?)events[^1]["text"], (int)events[^1]["usage"]!["seconds"]!));
    }

    [Fact]
    public async Task A_server_that_dies_is_replaced_and_the_next_request_served()
    {
        await JsonAsync(Tool.Say("One."));
        var servers = Process.GetProcesses().Where(process => IsOurs(process.Id)).ToList();
        Assert.NotEmpty(servers);
        servers.ForEach(static server => server.Kill());
        Assert.Equal(Said, (string?)(await JsonAsync(Tool.Say("One.")))["text"]);
    }

    // Its working folder is in the installation's data folder.
    private bool IsOurs(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains("whisper-server", StringComparison.Ordinal)
                && new FileInfo($"/proc/{id}/cwd").ResolveLinkTarget(returnFinalTarget: false)?.FullName.StartsWith(_fixture.Resultity.Folder, StringComparison.Ordinal) == true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private async Task<JsonNode> JsonAsync(byte[] file, params (string Name, string Value)[] fields)
    {
        var (status, _, body) = await PostAsync(Transcriptions, file, fields);
        Assert.True(status == 200, body);
        return JsonNode.Parse(body)!;
    }

    private async Task<(int Status, string? Type, string Body)> PostAsync(string path, byte[] file, params (string Name, string Value)[] fields)
    {
        using var form = SoundForm.Of(file, "sound.wav", fields.Any(static field => field.Name == "model") ? fields : [("model", "whisper"), .. fields]);
        using var response = await _fixture.Resultity.Http.PostAsync(new Uri(path, UriKind.Relative), form);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
    }
}
