using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>Several models that make images.</summary>
public sealed class ImageTests : IAsyncLifetime
{
    private MediaNode _node = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await MediaNode.StartAsync();
        _node.Answer = static context => context.Response.WriteAsJsonAsync(new
        {
            created = 1,
            data = new[] { new { b64_json = "AA==" } },
            usage = new { input_tokens = 3, output_tokens = 1, total_tokens = 4, images = 1, input_tokens_details = new { text_tokens = 3, image_tokens = 0 } },
        });
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _node.Address, models: ["a", "b"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData("all", "a,b", 6, 6)]
    [InlineData("first", "a", 3, null)]
    public async Task Usage_is_summed_in_the_words_of_the_endpoint(string mode, string models, int input, int? texts)
    {
        var members = string.Join(',', models.Split(',').Select(static model => $"\"{model}\""));
        using var response = await _gateway.Http.PostAsync(
            new Uri("v1/images/generations", UriKind.Relative),
            GatewayTest.Json($$"""{"prompt":"x","multimodel":{"mode":"{{mode}}","models":[{{members}}]} }"""),
            TestContext.Current.CancellationToken);

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var count = models.Split(',').Length;
        Assert.Equal(count, answer.GetProperty("data").GetArrayLength());
        var usage = answer.GetProperty("usage");
        Assert.Equal((input, count, 4 * count, count), (usage.GetProperty("input_tokens").GetInt32(), usage.GetProperty("output_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("images").GetInt32()));
        Assert.Equal(texts, usage.TryGetProperty("input_tokens_details", out var details) ? details.GetProperty("text_tokens").GetInt32() : null);
        Assert.False(usage.TryGetProperty("prompt_tokens", out _));
    }
}
