using Resultity.Gateway.Models;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Models;

public sealed class ModelTests : GatewayTest
{
    [Fact]
    public async Task The_sdk_lists_and_gets_models()
    {
        Gateway.AddNode("node-b", Upstream, models: ["owner/some-model"]);
        var client = Gateway.OpenAi().GetOpenAIModelClient();
        var models = await client.GetModelsAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["owner/some-model", TestGateway.Model], models.Value.Select(model => model.Id).Order());
        var one = await client.GetModelAsync(TestGateway.Model, TestContext.Current.CancellationToken);
        Assert.Equal(TestGateway.Model, one.Value.Id);
    }

    [Theory]
    [InlineData("owner/some-model")]
    [InlineData("owner%2Fsome-model")]
    public async Task An_id_may_have_slashes(string id)
    {
        Gateway.AddNode("node-b", Upstream, models: ["owner/some-model"]);
        using var response = await Gateway.Http.GetAsync($"/v1/models/{id}");
        Assert.Equal(200, (int)response.StatusCode);
        var body = await response.Content.ReadAsByteArrayAsync();
        Conforms.To(ModelAnswer.One, body);
        Assert.Contains("\"id\":\"owner/some-model\"", System.Text.Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_has_the_published_shape() =>
        Conforms.To(ModelAnswer.List, await Gateway.Http.GetByteArrayAsync("/v1/models"));

    [Fact]
    public async Task An_unknown_model_is_a_404_that_names_it()
    {
        using var response = await Gateway.Http.GetAsync("/v1/models/nobody");
        var error = await AssertErrorAsync(response, 404, "model_not_found");
        Assert.Contains("'nobody'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
