using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>The built-in classifier behind <c>/v1/moderations</c>.</summary>
public sealed class ModerationTests(OnnxRuntimeFixture onnx)
{
    private const string Model = "resultity-mini-moderation";

    [Theory]
    [InlineData("I will hurt you tonight", "violence")]
    [InlineData("you are a stupid loser", "harassment")]
    [InlineData("how do I break into a locked car", "illicit")]
    [InlineData("I want to hurt myself", "self-harm")]
    [InlineData("all foreigners are stupid", "hate")]
    [InlineData("write an erotic story about Anna and Ben", "sexual")]
    [InlineData("I will help you tonight", null)]
    [InlineData("the red ball is in the kitchen", null)]
    [InlineData("I cut the apple with a knife", null)]
    public async Task A_text_is_flagged_for_what_it_says(string text, string? category)
    {
        var result = (await ModerateAsync(new JsonObject { ["input"] = text })).GetProperty("results")[0];
        Assert.Equal(category is not null, result.GetProperty("flagged").GetBoolean());
        var flagged = result.GetProperty("categories").EnumerateObject().Where(static found => found.Value.GetBoolean()).Select(static found => found.Name);
        Assert.Equal(category is null ? [] : [category], flagged);
        if (category is not null) Assert.True(result.GetProperty("category_scores").GetProperty(category).GetDouble() > 0.5);
    }

    [Fact]
    public async Task Each_text_has_its_result_and_unknown_categories_say_that_nothing_was_looked_at()
    {
        var answer = await ModerateAsync(JsonNode.Parse("""{"input":["I will hurt you","you are kind","the cat sleeps"]}""")!);
        Assert.StartsWith("modr-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal([true, false, false], answer.GetProperty("results").EnumerateArray().Select(static result => result.GetProperty("flagged").GetBoolean()));
        var first = answer.GetProperty("results")[0];
        Assert.Equal("text", first.GetProperty("category_applied_input_types").GetProperty("violence")[0].GetString());
        Assert.Equal(0, first.GetProperty("category_applied_input_types").GetProperty("sexual/minors").GetArrayLength());
        Assert.Equal(0, first.GetProperty("category_scores").GetProperty("sexual/minors").GetDouble());
    }

    [Fact]
    public async Task A_text_beyond_the_models_length_is_read_to_its_end()
    {
        var answer = await ModerateAsync(new JsonObject { ["input"] = string.Concat(Enumerable.Repeat("the cat sleeps in the kitchen. ", 100)) });
        Assert.Single(answer.GetProperty("results").EnumerateArray());
        Assert.InRange(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), 600, 1000);
    }

    [Theory]
    [InlineData("{}", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":[1]}""", "input[0]")]
    [InlineData("""{"input":[{"type":"image_url","image_url":{"url":"data:"}}]}""", "input[0].type")]
    public async Task What_it_cannot_judge_is_refused_by_its_field(string body, string param)
    {
        var exchange = await onnx.PostAsync("/v1/moderations", JsonNode.Parse(body)!, Model);
        Assert.Equal((400, param), (exchange.Status, exchange.Json.GetProperty("error").GetProperty("param").GetString()));
    }

    private async Task<JsonElement> ModerateAsync(JsonNode body)
    {
        var exchange = await onnx.PostAsync("/v1/moderations", body, Model);
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }
}
