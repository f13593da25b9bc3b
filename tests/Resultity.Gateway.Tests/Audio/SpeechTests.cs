using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OpenAI.Audio;
using Resultity.Gateway.Tests.Kit;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Espeak;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>What a client sees of <c>/v1/audio/speech</c>, said by the real espeak-ng.</summary>
public sealed class SpeechTests : IAsyncLifetime
{
    private const string Path = "/v1/audio/speech";
    private RuntimeNode? _node;
    private TestGateway? _gateway;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestGateway Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        if (Tool.Missing("espeak-ng", "ffmpeg") is { } reason) Assert.Skip(reason);
        _node = await RuntimeNode.StartAsync(static children => new EspeakRuntime(children, new AudioLimits()));
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _node.Address, models: EspeakRuntime.Model);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task The_official_sdk_gets_a_sound_file()
    {
        var client = Gateway.OpenAi().GetAudioClient(EspeakRuntime.Model);
        var wav = await client.GenerateSpeechAsync("A red circle.", GeneratedSpeechVoice.Nova, new SpeechGenerationOptions { ResponseFormat = GeneratedSpeechFormat.Wav }, Cancellation);
        Assert.InRange(WavReader.Read(wav.Value.ToMemory().Span, 60).Seconds, 0.5, 3);
        var mp3 = await client.GenerateSpeechAsync("A red circle.", GeneratedSpeechVoice.Alloy, cancellationToken: Cancellation);
        Assert.Equal(0xFF, mp3.Value.ToArray()[0]);
    }

    [Fact]
    public async Task The_answer_has_the_format_s_type_and_needs_no_model()
    {
        using var response = await Gateway.Http.PostAsJsonAsync(Path, new { input = "Hello.", voice = "alloy", response_format = "flac" }, Cancellation);
        Assert.Equal((HttpStatusCode.OK, "audio/flac"), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        Assert.Equal("fLaC"u8.ToArray(), (await response.Content.ReadAsByteArrayAsync(Cancellation))[..4]);
    }

    [Fact]
    public async Task Events_hold_the_sound_and_end_with_done()
    {
        using var response = await Gateway.Http.PostAsJsonAsync(Path, new { model = EspeakRuntime.Model, input = "One. Two.", voice = "alloy", response_format = "wav", stream_format = "sse" }, Cancellation);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var events = (await response.Content.ReadAsStringAsync(Cancellation)).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(static line => JsonDocument.Parse(line[6..]).RootElement).ToList();
        Assert.Equal("speech.audio.done", events[^1].GetProperty("type").GetString());
        var sound = events[..^1].SelectMany(static e => e.GetProperty("audio").GetBytesFromBase64()).ToArray();
        Assert.InRange(WavReader.Read(sound, 60).Seconds, 0.3, 5);
    }

    [Fact]
    public async Task It_is_polled_for_like_any_request()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(new { model = EspeakRuntime.Model, input = "Hello there.", voice = "alloy", response_format = "wav" }) };
        request.Headers.Add("Prefer", "respond-async");
        using var accepted = await Gateway.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        using var status = await Gateway.Http.GetAsync($"{accepted.Headers.Location}?wait=30", Cancellation);
        Assert.Equal("completed", (await status.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("status").GetString());
        using var answer = await Gateway.Http.GetAsync($"{accepted.Headers.Location}/response", Cancellation);
        Assert.Equal("audio/wav", answer.Content.Headers.ContentType!.ToString());
        Assert.InRange(WavReader.Read(await answer.Content.ReadAsByteArrayAsync(Cancellation), 60).Seconds, 0.3, 3);
    }

    [Theory]
    [InlineData("""{"voice":"alloy"}""", "input")]
    [InlineData("""{"input":"","voice":"alloy"}""", "input")]
    [InlineData("""{"input":"Hi","voice":"alloy","speed":0.1}""", "speed")]
    [InlineData("""{"input":"Hi","voice":7}""", "voice")]
    [InlineData("""{"input":"Hi","voice":"nobody"}""", "voice")]
    [InlineData("""{"input":"Hi","voice":"alloy","response_format":"midi"}""", "response_format")]
    [InlineData("""{"input":"Hi","voice":"alloy","stream_format":"ws"}""", "stream_format")]
    public async Task What_is_wrong_is_refused_with_its_name(string body, string param)
    {
        using var response = await Gateway.Http.PostAsync(Path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(param, (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_text_of_more_than_4096_characters_is_refused()
    {
        using var response = await Gateway.Http.PostAsJsonAsync(Path, new { input = new string('a', 4097), voice = "alloy" }, Cancellation);
        Assert.Contains("4096", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
