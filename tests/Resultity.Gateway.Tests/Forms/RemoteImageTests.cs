using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Images;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Forms;

/// <summary>Images that requests name by URL: fetched from where the operator allows it, and from nowhere else.</summary>
public sealed class RemoteImageTests : IAsyncLifetime
{
    private static readonly byte[] Picture = [0x89, .. "PNG not looked into by the gateway"u8];
    private readonly List<JsonNode> _seen = [];
    private readonly List<string> _fetched = [];
    private readonly RemoteImageOptions _options = new();
    private MediaNode _node = null!;
    private MediaNode _host = null!;
    private MediaNode _elsewhere = null!;
    private TestGateway _gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await MediaNode.StartAsync();
        _node.Answer = async context =>
        {
            _seen.Add((await JsonNode.ParseAsync(context.Request.Body))!);
            await context.Response.WriteAsJsonAsync(new { created = 1, data = Array.Empty<object>() });
        };
        _host = await MediaNode.StartAsync();
        _host.Answer = ServeAsync;
        _elsewhere = await MediaNode.StartAsync();
        _elsewhere.Answer = ServeAsync;
        _options.Hosts = [_host.Address.ToString(), "images.example.org", "*.pictures.example.org"];
        _gateway = await TestGateway.StartAsync(services: services => services.AddSingleton(_options));
        _gateway.AddNode("node-a", _node.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        await _host.DisposeAsync();
        await _elsewhere.DisposeAsync();
    }

    [Fact]
    public async Task An_image_of_an_allowed_host_reaches_the_node_wherever_its_url_stands()
    {
        var url = new Uri(_host.Address, "a.png");
        foreach (var image in (string[])[$"\"image\":\"{url}\"", $"\"images\":[{{\"image_url\":\"{url}\"}}]", $"\"image\":{{\"image_url\":{{\"url\":\"{url}\"}}}}"])
        {
            using var response = await _gateway.Http.PostAsync("/v1/images/edits", GatewayTest.Json($$"""{"model":"stub-model","prompt":"x",{{image}}}"""), Cancellation);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal(3, _seen.Count);
        Assert.All(_seen, body => Assert.Contains(Convert.ToBase64String(Picture)[..20], body.ToJsonString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("http://images.example.org/a.png")]
    [InlineData("https://images.example.org:8443/a.png")]
    [InlineData("https://images.example.org.attacker.example/a.png")]
    [InlineData("https://pictures.example.org/a.png")]
    [InlineData("https://user:secret@images.example.org/a.png")]
    [InlineData("https://[::1]/a.png")]
    public async Task An_address_that_is_not_allowed_is_refused_and_the_hosts_are_named(string url)
    {
        using var response = await _gateway.Http.PostAsync("/v1/images/description", GatewayTest.Json($$"""{"model":"stub-model","image":"{{url}}"}"""), Cancellation);
        var error = await GatewayTest.AssertErrorAsync(response, 400, "remote_url_refused");
        Assert.Contains("images.example.org", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Another_port_of_an_allowed_machine_is_another_host()
    {
        using var response = await _gateway.Http.PostAsync("/v1/images/description", GatewayTest.Json($$"""{"model":"stub-model","image":"{{_elsewhere.Address}}a.png"}"""), Cancellation);
        await GatewayTest.AssertErrorAsync(response, 400, "remote_url_refused");
        Assert.Empty(_fetched);
    }

    [Fact]
    public async Task An_allowed_name_that_leads_to_this_machine_is_not_connected_to()
    {
        // A name of the operator's list whose owner lets it point inside: localhost is such a name everywhere.
        _options.Hosts = ["localhost"];
        using var response = await _gateway.Http.PostAsync("/v1/images/description", GatewayTest.Json("""{"model":"stub-model","image":"https://localhost/a.png"}"""), Cancellation);
        var error = await GatewayTest.AssertErrorAsync(response, 400, "remote_image_unavailable");
        Assert.Contains("no public address", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redirect", 400, "remote_image_unavailable")]
    [InlineData("missing", 400, "remote_image_unavailable")]
    [InlineData("slow", 400, "remote_image_unavailable")]
    [InlineData("declared-large", 413, "image_too_large")]
    [InlineData("endless", 413, "image_too_large")]
    public async Task A_host_that_misbehaves_costs_its_request_only(string path, int status, string code)
    {
        if (path == "slow") _options.Timeout = TimeSpan.FromSeconds(1);
        using var response = await _gateway.Http.PostAsync("/v1/images/description", GatewayTest.Json($$"""{"model":"stub-model","image":"{{new Uri(_host.Address, path)}}"}"""), Cancellation);
        await GatewayTest.AssertErrorAsync(response, status, code);
        Assert.Equal([$"/{path}"], _fetched);
    }

    [Fact]
    public async Task An_image_in_a_chat_is_fetched_as_well()
    {
        using var response = await _gateway.Http.PostAsync(
            "/v1/chat/completions",
            GatewayTest.Json($$$"""{"model":"stub-model","messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"{{{new Uri(_host.Address, "a.png")}}}"}}]}]}"""),
            Cancellation);
        Assert.Equal(["/a.png"], _fetched);
        Assert.StartsWith("data:", (string?)_seen[0]["messages"]![0]!["content"]![1]!["image_url"]!["url"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_url_in_a_text_is_a_text()
    {
        using var response = await _gateway.Http.PostAsync("/v1/chat/completions", GatewayTest.Json($$"""{"model":"stub-model","messages":[{"role":"user","content":"{{new Uri(_host.Address, "a.png")}}"}]}"""), Cancellation);
        Assert.Empty(_fetched);
        Assert.Single(_seen);
    }

    private async Task ServeAsync(HttpContext context)
    {
        lock (_fetched) _fetched.Add(context.Request.Path);
        switch (context.Request.Path)
        {
            case "/redirect":
                context.Response.Redirect("/a.png");
                break;
            case "/missing":
                context.Response.StatusCode = 404;
                break;
            case "/slow":
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "/declared-large":
                context.Response.ContentLength = 1L << 40;
                await context.Response.Body.WriteAsync(new byte[100]);
                break;
            case "/endless":
                while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(new byte[1 << 20], context.RequestAborted);
                break;
            default:
                await context.Response.Body.WriteAsync(Picture);
                break;
        }
    }
}
