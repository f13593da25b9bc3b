using System.Runtime.InteropServices;
using System.Text.Json;

namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class EmbeddingTests(OnnxRuntimeFixture onnx)
{
    private const string Model = "resultity-mini-embed";

    [Fact]
    public async Task Vectors_have_length_one_and_like_texts_lie_close()
    {
        var answer = await PostAsync("\"input\": [\"a red circle\", \"a circle that is red\", \"what is your name\"]");
        Assert.Equal("list", answer.GetProperty("object").GetString());
        var vectors = answer.GetProperty("data").EnumerateArray().Select(Floats).ToList();
        Assert.All(vectors, vector => Assert.Equal(1, vector.Sum(value => value * value), 3));
        Assert.True(Dot(vectors[0], vectors[1]) > Dot(vectors[0], vectors[2]));
        Assert.True(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 9);
    }

    [Fact]
    public async Task Base64_holds_the_same_numbers()
    {
        var floats = Floats((await PostAsync("\"input\": \"a red circle\"")).GetProperty("data")[0]);
        var bytes = (await PostAsync("\"input\": \"a red circle\", \"encoding_format\": \"base64\"")).GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(floats, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_at_length_one()
    {
        var full = Floats((await PostAsync("\"input\": \"a red circle\"")).GetProperty("data")[0]);
        var cut = Floats((await PostAsync("\"input\": \"a red circle\", \"dimensions\": 16")).GetProperty("data")[0]);
        Assert.Equal(16, cut.Length);
        Assert.Equal(1, cut.Sum(value => value * value), 3);
        Assert.Equal(full[1] / full[0], cut[1] / cut[0], 2);
    }

    [Theory]
    [InlineData("\"x\": 1", "input")]
    [InlineData("\"input\": \"\"", "input")]
    [InlineData("\"input\": []", "input")]
    [InlineData("\"input\": [\"a\", \"\"]", "input[1]")]
    [InlineData("\"input\": {\"a\": 1}", "input")]
    [InlineData("\"input\": \"a\", \"dimensions\": 129", "dimensions")]
    [InlineData("\"input\": \"a\", \"encoding_format\": \"hex\"", "encoding_format")]
    [InlineData("\"input\": [999999]", "input[0]")]
    public async Task A_wrong_field_is_refused_by_its_path(string members, string param)
    {
        var exchange = await onnx.PostAsync("/v1/embeddings", OnnxRuntimeFixture.Merge("{}", members), Model);
        Assert.Equal(400, exchange.Status);
        Assert.Equal(param, exchange.Json.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_text_beyond_the_context_is_refused_with_both_numbers()
    {
        var exchange = await onnx.PostAsync("/v1/embeddings", OnnxRuntimeFixture.Merge("{}", $"\"input\": \"{string.Concat(Enumerable.Repeat("circle ", 500))}\""), Model);
        Assert.Equal("context_length_exceeded", exchange.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("128 tokens", exchange.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement> PostAsync(string members)
    {
        var exchange = await onnx.PostAsync("/v1/embeddings", OnnxRuntimeFixture.Merge("{}", members), Model);
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }

    private static float[] Floats(JsonElement item) => [.. item.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];

    private static float Dot(float[] left, float[] right) => left.Zip(right, (a, b) => a * b).Sum();
}
