using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Tests.Runtimes.Onnx.Images;

namespace Resultity.Node.Tests.Runtimes;

/// <summary>Descriptions by a vision model behind another server: a chat is asked there, a description is answered here.</summary>
public sealed class UpstreamDescriptionTests : IAsyncLifetime
{
    private const string Path = "/v1/images/description";
    private readonly List<JsonNode> _asked = [];
    private WebApplication _server = null!;
    private OpenAiRuntime _runtime = null!;
    private string _says = "A red circle.";
    private int _status = 200;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.MapGet("/v1/models", () => Results.Json(new { data = new[] { new { id = "seer" } } }));
        _server.MapPost("/v1/chat/completions", async (HttpContext context) =>
        {
            _asked.Add((await JsonNode.ParseAsync(context.Request.Body))!);
            context.Response.StatusCode = _status;
            await context.Response.WriteAsJsonAsync(_status == 200
                ? (object)new { choices = new[] { new { message = new { content = _says } } }, usage = new { prompt_tokens = 40, completion_tokens = 5 } }
                : new { error = new { message = "image input is not supported", type = "invalid_request_error" } });
        });
        await _server.StartAsync();
        var address = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _runtime = new OpenAiRuntime(new OpenAiRuntimeOptions { Url = new Uri(address), Endpoints = [Path] }, TimeProvider.System, NullLogger<OpenAiRuntime>.Instance);
        await _runtime.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_image_and_what_is_wanted_of_it_become_one_message()
    {
        var exchange = await DescribeAsync(("kind", "caption"), ("language", "German"), ("max_tokens", "50"));
        Assert.True(exchange.Status == 200, exchange.Text);
        Assert.Equal("A red circle.", exchange.Json.GetProperty("data")[0].GetProperty("text").GetString());
        Assert.Equal((40, 5), (exchange.Json.GetProperty("usage").GetProperty("input_tokens").GetInt32(), exchange.Json.GetProperty("usage").GetProperty("output_tokens").GetInt32()));
        var asked = Assert.Single(_asked);
        var content = asked["messages"]![0]!["content"]!;
        Assert.Equal(("seer", 50), ((string?)asked["model"], (int)asked["max_tokens"]!));
        Assert.Contains("German", (string)content[0]!["text"]!, StringComparison.Ordinal);
        Assert.StartsWith("data:image/png;base64,iVBOR", (string)content[1]!["image_url"]!["url"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_and_json_are_read_out_of_what_the_model_wrote()
    {
        _says = "red, circle,white background";
        Assert.Equal(["red", "circle", "white background"], (await DescribeAsync(("kind", "tags"))).Json.GetProperty("data")[0].GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        _says = "```json\n{\"caption\": \"a red circle\"}\n```";
        Assert.Equal("a red circle", (await DescribeAsync(("kind", "json"))).Json.GetProperty("data")[0].GetProperty("json").GetProperty("caption").GetString());
    }

    [Fact]
    public async Task A_prompt_takes_the_place_of_the_usual_question_and_a_stream_ends_properly()
    {
        var exchange = await DescribeAsync(("prompt", "How many circles?"), ("stream", "true"));
        Assert.Equal("How many circles?", (string?)_asked[0]["messages"]![0]!["content"]![0]!["text"]);
        Assert.Contains("image_description.delta", exchange.Text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_is_refused_and_what_is_no_image_is_never_asked()
    {
        _status = 400;
        Assert.Equal(400, (await DescribeAsync()).Status);
        _asked.Clear();
        var exchange = new MediaExchange(Path, "seer", [("image", "a.png", "hello"u8.ToArray())]);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.Equal("invalid_image", exchange.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(_asked);
    }

    private async Task<MediaExchange> DescribeAsync(params (string Name, string Value)[] fields)
    {
        var exchange = new MediaExchange(Path, "seer", [("image", "in.png", Scene.Png("circle", "red")), .. fields.Select(field => (field.Name, (string?)null, System.Text.Encoding.UTF8.GetBytes(field.Value)))]);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        return exchange;
    }
}
