using OpenAI.Embeddings;
using Resultity.Gateway.Embeddings;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Embeddings;

public sealed class EmbeddingTests : GatewayTest
{
    [Fact]
    public async Task The_sdk_gets_one_vector_for_each_text()
    {
        var client = Gateway.OpenAi().GetEmbeddingClient(TestGateway.Model);
        var embeddings = await client.GenerateEmbeddingsAsync(["one", "two", "three"], new EmbeddingGenerationOptions(), TestContext.Current.CancellationToken);
        Assert.Equal(3, embeddings.Value.Count);
        Assert.All(embeddings.Value, embedding => Assert.Equal(8, embedding.ToFloats().Length));
    }

    [Theory]
    [InlineData("\"one\"")]
    [InlineData("[1,2,3]")]
    [InlineData("[[1,2],[3]]")]
    public async Task Every_kind_of_input_is_answered_in_the_published_shape(string input)
    {
        using var response = await PostAsync("/v1/embeddings", $$"""{"model":"stub-model","input":{{input}}}""");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Conforms.To(EmbeddingAnswer.Shape, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_large_answer_arrives_whole()
    {
        await Upstream.SetAsync("dimensions=4096");
        using var response = await PostAsync("/v1/embeddings", $$"""{"model":"stub-model","input":[{{string.Join(',', Enumerable.Repeat("\"x\"", 64))}}]}""");
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.InRange(body.Length, 500_000, int.MaxValue);
        Conforms.To(EmbeddingAnswer.Shape, body);
    }
}
