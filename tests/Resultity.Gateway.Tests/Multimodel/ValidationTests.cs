using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>What is refused, and that the refusal names the member.</summary>
public sealed class ValidationTests : MultimodelTest
{
    [Theory]
    [InlineData("""{"models":["a",7]""", "models[1]", "invalid_type")]
    [InlineData("""{"models":[]""", "models", "empty_array")]
    [InlineData("""{"models":["a"],"multimodel":{"models":["a","b"]}""", "models", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"models":["a",{"temperature":1}]}""", "multimodel.models[1].model", "missing_required_parameter")]
    [InlineData("""{"multimodel":{"models":["a",{"model":"b","temperature":3}]}""", "multimodel.models[1].temperature", "decimal_above_max_value")]
    [InlineData("""{"multimodel":{"models":["a",{"model":"b","stream":true}]}""", "multimodel.models[1].stream", "invalid_value")]
    [InlineData("""{"multimodel":{"models":["a","b+c"]}""", "multimodel.models[1]", "invalid_value")]
    [InlineData("""{"multimodel":{"models":["a","b||c"]}""", "multimodel.models[1]", "invalid_value")]
    [InlineData("""{"multimodel":{}""", "multimodel.models", "missing_required_parameter")]
    [InlineData("""{"model":"a","multimodel":{"mode":"all"}""", "multimodel.models", "missing_required_parameter")]
    [InlineData("""{"multimodel":{"mode":"best","models":["a","b"]}""", "multimodel.mode", "invalid_value")]
    [InlineData("""{"multimodel":{"mode":"judge","models":["a","b"]}""", "multimodel.judge", "missing_required_parameter")]
    [InlineData("""{"multimodel":{"mode":"all","models":["a","b"],"hedge_ms":5}""", "multimodel.hedge_ms", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"mode":"first","models":["a","b"],"min_success":2}""", "multimodel.min_success", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"models":["a","b"],"min_success":3}""", "multimodel.min_success", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"mode":"vote","models":["a","b"],"vote":{"quorum":3}}""", "multimodel.vote.quorum", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"mode":"vote","models":["a","b"],"vote":{"by":"text","model":"m"}}""", "multimodel.vote.model", "invalid_parameter_combination")]
    [InlineData("""{"multimodel":{"mode":"vote","models":["a","b"]},"n":2""", "n", "invalid_value")]
    [InlineData("""{"model":"a++b" """, "model", "invalid_value")]
    [InlineData("""{"model":"a+(b" """, "model", "invalid_value")]
    [InlineData("""{"model":"a+b)" """, "model", "invalid_value")]
    [InlineData("""{"model":"a|" """, "model", "invalid_value")]
    [InlineData("""{"model":"a+(b|(c+a))" """, "model", "invalid_value")]
    [InlineData("""{"model":"((((((a+b))))))" """, "model", "invalid_value")]
    [InlineData("""{"model":"a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a" """, "model", "invalid_value")]
    [InlineData("{\"user\":\"u\"", "model", "missing_required_parameter")]
    public async Task Mistakes_are_refused_with_their_place(string start, string param, string code)
    {
        using var response = await PostAsync(start + "," + Messages + "}");

        var error = await GatewayTest.AssertErrorAsync(response, 400, code);
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(0, await A.CountAsync("requests"));
    }

    [Theory]
    [InlineData("vote", "")]
    [InlineData("judge", ",\"judge\":\"judge\"")]
    public async Task Vectors_cannot_be_voted_on(string mode, string more)
    {
        using var response = await PostAsync($$"""{"multimodel":{"mode":"{{mode}}","models":["a","b"]{{more}}},"input":"x"}""", "v1/embeddings");

        var error = await GatewayTest.AssertErrorAsync(response, 400, "invalid_value");
        Assert.Equal("multimodel.mode", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Only_chats_have_a_system_message_to_override()
    {
        using var response = await PostAsync("{\"models\":[\"a\",{\"model\":\"b\",\"system\":\"s\"}],\"input\":\"x\"}", "v1/embeddings");

        var error = await GatewayTest.AssertErrorAsync(response, 400, "invalid_value");
        Assert.Equal("models[1].system", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_model_whose_own_name_looks_like_several_is_that_model()
    {
        Gateway.AddNode("node-b", B, models: ["b", "command-r+", "x|y"]);
        await B.SetAsync("any-model=true");

        Assert.Equal("command-r+", (await AskAsync("\"model\":\"command-r+\"," + Messages)).GetProperty("model").GetString());
        Assert.Equal("x|y", (await AskAsync("\"model\":\"x|y\"," + Messages)).GetProperty("model").GetString());
        var both = await AskAsync("\"model\":\"command-r++a\"," + Messages);
        Assert.Equal(["command-r+", "a"], both.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("model").GetString()));
    }

    [Fact]
    public async Task A_name_that_an_operator_gave_is_listed_with_what_it_consists_of_and_can_be_asked()
    {
        Assert.True(Serving.Multimodel.Plans.SpecReader.ReadMultimodel("""{"mode":"first","models":["nosuch","b"]}"""u8, "").TryGet(out var spec, out _));
        var named = (Serving.Multimodel.NamedMultimodels)Gateway.Services.GetService(typeof(Serving.Multimodel.NamedMultimodels))!;
        named.Set([new("duo", spec)]);

        var listed = JsonElement.Parse(await Gateway.Http.GetStringAsync(new Uri("v1/models/duo", UriKind.Relative), Stop));
        Assert.Equal("""{"mode":"first","models":["nosuch","b"]}""", listed.GetProperty("multimodel").GetRawText());
        Assert.Contains("\"duo\"", await Gateway.Http.GetStringAsync(new Uri("v1/models", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.Equal("b", (await AskAsync("\"model\":\"duo\"," + Messages)).GetProperty("model").GetString());
        Assert.Equal("a", (await AskAsync("\"model\":\"a|duo\"," + Messages)).GetProperty("model").GetString());
    }

    [Fact]
    public async Task A_key_that_may_use_one_of_the_models_gets_that_one_s_answer()
    {
        using var client = Gateway.ClientWith(await Gateway.AddKeyAsync("limited", static key => key with { AllowedModels = ["a"] }));
        using var response = await client.PostAsync(new Uri("v1/chat/completions", UriKind.Relative), GatewayTest.Json("{\"model\":\"a+b\"," + Messages + "}"), Stop);

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal(["a completed", "b failed"], Statuses(answer));
    }
}
