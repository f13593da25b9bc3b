using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpenAI.Audio;
using Resultity.Gateway.Tests.Kit;
using Resultity.Node.Runtimes.Onnx;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Speech;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>What a client sees of <c>/v1/audio/transcriptions</c> and <c>/translations</c>, heard by a model of random weights: everything but the words.</summary>
public sealed class TranscriptionTests : IAsyncLifetime
{
    private const string Transcriptions = "/v1/audio/transcriptions";
    private readonly RandomWhisper _folder = new(width: 32, heads: 4, layers: 2, text: 300, positions: 100, length: 48, looks: true);
    private RuntimeNode? _node;
    private TestGateway? _gateway;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestGateway Gateway => _gateway!;

    private string Model => System.IO.Path.GetFileName(_folder.Path);

    public async ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng", "ffmpeg") is { } reason) Assert.Skip(reason);
        _node = await RuntimeNode.StartAsync(children => new OnnxRuntime(new OnnxRuntimeOptions { Folders = [_folder.Path] }, children, TimeProvider.System, NullLogger<OnnxRuntime>.Instance));
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _node.Address, models: Model);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_node is not null) await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_official_sdk_gets_text_segments_and_words()
    {
        var client = Gateway.OpenAi().GetAudioClient(Model);
        var sound = Tool.Say("A red circle on the left.");
        var options = new AudioTranscriptionOptions { ResponseFormat = AudioTranscriptionFormat.Verbose, TimestampGranularities = AudioTimestampGranularities.Word | AudioTimestampGranularities.Segment };
        var transcript = (await client.TranscribeAudioAsync(new MemoryStream(sound), "a.wav", options, Cancellation)).Value;
        Assert.NotEqual("", transcript.Text);
        Assert.NotEmpty(transcript.Segments);
        Assert.NotEmpty(transcript.Words);
        Assert.InRange(transcript.Duration!.Value.TotalSeconds, 1, 4);
        var translation = (await client.TranslateAudioAsync(new MemoryStream(sound), "a.wav", cancellationToken: Cancellation)).Value;
        Assert.NotEqual("", translation.Text);
    }

#pragma warning disable OPENAI001 // The SDK calls its streaming of transcripts experimental.
    [Fact]
    public async Task The_official_sdk_streams_deltas()
    {
        var client = Gateway.OpenAi().GetAudioClient(Model);
        List<string> deltas = [];
        string? whole = null;
        var sound = new MemoryStream(Tool.Say("One two three four five six seven eight nine ten."));
        await foreach (var update in await client.TranscribeAudioStreamingAsync(sound, "a.wav", cancellationToken: Cancellation))
        {
            if (update is StreamingAudioTranscriptionTextDeltaUpdate delta) deltas.Add(delta.Delta);
            if (update is StreamingAudioTranscriptionTextDoneUpdate done) whole = done.Text;
        }
        Assert.Equal(whole, string.Concat(deltas).Trim());
    }
#pragma warning restore OPENAI001

    [Theory]
    [InlineData("json", "application/json")]
    [InlineData("text", "text/plain")]
    [InlineData("srt", "text/plain")]
    [InlineData("vtt", "text/vtt")]
    [InlineData("verbose_json", "application/json")]
    public async Task Each_format_has_its_type(string format, string type)
    {
        using var form = SoundForm.Of(Tool.Say("Hello."), "a.wav", ("model", Model), ("response_format", format));
        using var response = await Gateway.Http.PostAsync(Transcriptions, form, Cancellation);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData("/v1/audio/translations")]
    [InlineData("/v1/audio/translation")]
    public async Task A_translation_says_that_it_is_english(string path)
    {
        using var form = SoundForm.Of(Tool.Say("Guten Tag.", "de"), "a.wav", ("model", Model), ("response_format", "verbose_json"));
        using var response = await Gateway.Http.PostAsync(path, form, Cancellation);
        var json = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(("translate", "english"), (json.GetProperty("task").GetString(), json.GetProperty("language").GetString()));
    }

    [Fact]
    public async Task It_is_polled_for_like_any_request()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Transcriptions) { Content = SoundForm.Of(Tool.Say("Hello there."), "a.wav", ("model", Model), ("response_format", "srt")) };
        request.Headers.Add("Prefer", "respond-async");
        using var accepted = await Gateway.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        using var status = await Gateway.Http.GetAsync($"{accepted.Headers.Location}?wait=30", Cancellation);
        Assert.Equal("completed", (await status.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("status").GetString());
        var answer = await Gateway.Http.GetStringAsync($"{accepted.Headers.Location}/response", Cancellation);
        Assert.StartsWith("1\n00:00:", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("response_format", "diarized_json", "response_format")]
    [InlineData("temperature", "2", "temperature")]
    [InlineData("temperature", "warm", "temperature")]
    [InlineData("timestamp_granularities[]", "word", "timestamp_granularities")]
    [InlineData("timestamp_granularities[]", "letter", "timestamp_granularities[0]")]
    [InlineData("language", "klingon", "language")]
    public async Task What_is_wrong_is_refused_with_its_name(string field, string value, string param)
    {
        using var form = SoundForm.Of(Tool.Say("Hello."), "a.wav", ("model", Model), (field, value));
        using var response = await Gateway.Http.PostAsync(Transcriptions, form, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(param, (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_file_that_is_no_sound_is_the_client_s_mistake_and_is_not_tried_elsewhere()
    {
        foreach (var file in (byte[][])[[], [1, 2, 3], System.Text.Encoding.UTF8.GetBytes(new string('x', 5000))])
        {
            using var form = SoundForm.Of(file, "song.mp3", ("model", Model));
            using var response = await Gateway.Http.PostAsync(Transcriptions, form, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("file", (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetProperty("param").GetString());
        }
    }
}
