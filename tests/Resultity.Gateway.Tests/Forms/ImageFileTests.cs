using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Forms;

/// <summary>Image requests that name files which a client has uploaded before.</summary>
public sealed class ImageFileTests : IAsyncLifetime
{
    private static readonly byte[] Picture = [0x89, .. "PNG not looked into by the gateway"u8];
    private readonly List<JsonNode> _seen = [];
    private MediaNode _node = null!;
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
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _node.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_node_gets_the_file_in_the_place_of_its_id_wherever_the_id_stands()
    {
        var id = await UploadAsync(_gateway.Http);
        foreach (var images in (string[])[$"\"image\":\"{id}\"", $"\"image\":[\"{id}\"]", $"\"images\":[{{\"file_id\":\"{id}\"}}]", $"\"image\":{{\"file_id\":\"{id}\"}}"])
        {
            using var response = await _gateway.Http.PostAsync("/v1/images/edits", GatewayTest.Json($$"""{"model":"stub-model","prompt":"x",{{images}}}"""), Cancellation);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal(4, _seen.Count);
        Assert.All(_seen, body => Assert.Contains("data:application/octet-stream;base64," + Convert.ToBase64String(Picture), body.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_is_somebody_elses_is_refused_by_its_place()
    {
        using var other = _gateway.ClientWith(await _gateway.AddKeyAsync("somebody-else"));
        var foreign = await UploadAsync(other);
        foreach (var id in (string[])["file-00000000000000000000000000", foreign])
        {
            using var response = await _gateway.Http.PostAsync("/v1/images/edits", GatewayTest.Json($$"""{"model":"stub-model","prompt":"x","images":["data:x","{{id}}"]}"""), Cancellation);
            Assert.Equal("images[1]", (await GatewayTest.AssertErrorAsync(response, 400, "file_not_found")).GetProperty("param").GetString());
        }

        Assert.Empty(_seen);
    }

    private static async Task<string> UploadAsync(HttpClient client)
    {
        using var form = new MultipartFormDataContent { { new StringContent("vision"), "purpose" }, { new ByteArrayContent(Picture), "file", "a.png" } };
        using var response = await client.PostAsync("/v1/files", form, Cancellation);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return (string)answer["id"]!;
    }
}
