using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Gateway.Tests.Kit;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.TestKit.Speech;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>Audio through a server that speaks OpenAI's protocol: forms and sound pass as they are.</summary>
public sealed class UpstreamTests : IAsyncLifetime
{
    private const string Model = "whisper-1";
    private MediaNode _server = null!;
    private RuntimeNode _node = null!;
    private TestGateway _gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await MediaNode.StartAsync();
        _server.Answer = AnswerAsync;
        _node = await RuntimeNode.StartAsync(_ => new OpenAiRuntime(
            new OpenAiRuntimeOptions { Url = _server.Address, Endpoints = ["/v1/audio/transcriptions", "/v1/audio/speech"] }, TimeProvider.System, NullLogger<OpenAiRuntime>.Instance));
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _node.Address, models: Model);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("json")]
    [InlineData("srt")]
    public async Task A_transcription_is_the_server_s(string format)
    {
        using var form = SoundForm.Of([1, 2, 3], "a.wav", ("model", Model), ("response_format", format));
        using var response = await _gateway.Http.PostAsync("/v1/audio/transcriptions", form, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains($"{Model} heard 3 bytes", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speech_is_the_server_s_byte_for_byte()
    {
        using var response = await _gateway.Http.PostAsJsonAsync("/v1/audio/speech", new { model = Model, input = "Hello", voice = "alloy" }, Cancellation);
        Assert.Equal("audio/mpeg", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(Sound(), await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    private static byte[] Sound() => [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7))];

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/v1/models") await context.Response.WriteAsJsonAsync(new { data = new[] { new { id = Model } } });
        else if (context.Request.Path == "/v1/audio/speech")
        {
            context.Response.ContentType = "audio/mpeg";
            await context.Response.Body.WriteAsync(Sound());
        }
        else
        {
            var form = await context.Request.ReadFormAsync();
            var text = $"{form["model"]} heard {form.Files.Single().Length} bytes";
            if (form["response_format"] == "json") await context.Response.WriteAsJsonAsync(new { text });
            else
            {
                context.Response.ContentType = "text/plain; charset=utf-8";
                await context.Response.WriteAsync("1\n" + text);
            }
        }
    }
}
