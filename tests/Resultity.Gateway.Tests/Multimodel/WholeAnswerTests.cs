using System.Text;
using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>What a client sees that asks several models and waits for the whole answer.</summary>
public sealed class WholeAnswerTests : MultimodelTest
{
    [Fact]
    public async Task All_gives_one_choice_of_each_model_in_order_and_itemises_them()
    {
        using var response = await PostAsync("{\"model\":\"a+b+c\"," + Messages + "}");
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop));

        Assert.Equal(["a", "b", "c"], answer.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("model").GetString()));
        Assert.Equal([0, 1, 2], answer.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal("a+b+c", answer.GetProperty("model").GetString());
        Assert.Equal("all", answer.GetProperty("multimodel").GetProperty("mode").GetString());
        Assert.Equal(["a completed", "b completed", "c completed"], Statuses(answer));
        var members = answer.GetProperty("multimodel").GetProperty("members").EnumerateArray().ToList();
        Assert.Equal(["node-a", "node-b", "node-c"], members.Select(static member => member.GetProperty("node").GetString()));
        Assert.Equal(
            answer.GetProperty("usage").GetProperty("total_tokens").GetInt64(),
            members.Sum(static member => member.GetProperty("usage").GetProperty("total_tokens").GetInt64()));
        Assert.Equal(15, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt64());
        Assert.All(members, static member => Assert.True(member.GetProperty("latency_ms").GetDouble() > 0));
        Assert.Equal("a,b,c", response.Headers.GetValues("x-resultity-model").Single());
        Assert.Equal("3", response.Headers.GetValues("x-resultity-attempts").Single());
    }

    [Fact]
    public async Task Nodes_see_an_ordinary_request_with_the_member_s_own_values()
    {
        await AskAsync("\"multimodel\":{\"models\":[\"a\",{\"model\":\"b\",\"temperature\":0.25,\"system\":\"Be short.\",\"max_tokens\":3}]},\"max_completion_tokens\":9,\"temperature\":1,"
            + "\"messages\":[{\"role\":\"system\",\"content\":\"Be long.\"},{\"role\":\"user\",\"content\":\"hi\"}]");

        Assert.Equal(
            """{"model":"a","max_completion_tokens":9,"temperature":1,"messages":[{"role":"system","content":"Be long."},{"role":"user","content":"hi"}]}""",
            Encoding.UTF8.GetString(await A.LastBodyAsync()));
        Assert.Equal(
            """{"model":"b","messages":[{"role":"system","content":"Be short."},{"role":"user","content":"hi"}],"temperature":0.25,"max_tokens":3}""",
            Encoding.UTF8.GetString(await B.LastBodyAsync()));
    }

    [Fact]
    public async Task A_member_that_fails_does_not_fail_the_call()
    {
        await B.SetAsync("fail-status=500");

        var answer = await AskAsync("\"model\":\"a+b+nosuch\"," + Messages);

        Assert.Equal("a", Assert.Single(answer.GetProperty("choices").EnumerateArray()).GetProperty("model").GetString());
        Assert.Equal(["a completed", "b failed", "nosuch failed"], Statuses(answer));
        var errors = answer.GetProperty("multimodel").GetProperty("members").EnumerateArray().Select(static member => member.GetProperty("error")).ToList();
        Assert.Equal("node_error", errors[1].GetProperty("code").GetString());
        Assert.Equal("model_not_found", errors[2].GetProperty("code").GetString());
    }

    [Fact]
    public async Task Fewer_answers_than_min_success_fail_the_call_and_the_message_says_why()
    {
        await B.SetAsync("fail-status=500");

        using var response = await PostAsync("{\"multimodel\":{\"models\":[\"a\",\"b\"],\"min_success\":2}," + Messages + "}");

        var error = await GatewayTest.AssertErrorAsync(response, 502, "too_few_answers");
        Assert.Contains("b: The node's runtime failed", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_that_nobody_knows_are_not_found()
    {
        using var response = await PostAsync("{\"model\":\"x+y\"," + Messages + "}");

        await GatewayTest.AssertErrorAsync(response, 404, "model_not_found");
    }

    [Fact]
    public async Task A_fallback_is_asked_when_the_model_before_it_fails_and_the_answer_says_so()
    {
        await A.SetAsync("fail-status=500");

        var answer = await AskAsync("\"models\":[\"nosuch\",\"a\",\"b\"]," + Messages);

        Assert.Equal("b", answer.GetProperty("model").GetString());
        Assert.Equal(
            ["nosuch model_not_found", "a node_error"],
            answer.GetProperty("failed_models").EnumerateArray().Select(static failed => $"{failed.GetProperty("model")} {failed.GetProperty("reason")}"));
    }

    [Fact]
    public async Task Models_beside_a_block_that_lists_none_are_its_members()
    {
        var answer = await AskAsync("\"model\":\"c\",\"models\":[\"a\",{\"model\":\"b\",\"max_tokens\":3}],\"multimodel\":{\"mode\":\"all\",\"min_success\":3}," + Messages);

        Assert.Equal(["c completed", "a completed", "b completed"], Statuses(answer));
    }

    [Fact]
    public async Task A_fallback_is_not_asked_while_the_first_model_answers()
    {
        var answer = await AskAsync("\"model\":\"a|b\"," + Messages);

        Assert.Equal("a", answer.GetProperty("model").GetString());
        Assert.False(answer.TryGetProperty("failed_models", out _));
        Assert.Equal(0, await B.CountAsync("requests"));
    }

    [Fact]
    public async Task A_fallback_is_asked_when_all_slots_of_the_first_are_taken()
    {
        Gateway.AddNode("node-a", A, slots: 1, models: "a");
        await A.SetAsync("latency=1m");
        var holds = PostAsync("{\"model\":\"a\"," + Messages + "}");
        await A.WaitForAsync("running", 1);

        var answer = await AskAsync("\"model\":\"a|b\"," + Messages);

        Assert.Equal("b", answer.GetProperty("model").GetString());
        Assert.Equal("model_busy", answer.GetProperty("failed_models")[0].GetProperty("reason").GetString());
        Assert.False(holds.IsCompleted);
    }

    [Fact]
    public async Task A_member_may_have_fallbacks_of_its_own()
    {
        await B.SetAsync("fail-status=500");

        var answer = await AskAsync("\"model\":\"a+(b|c)\"," + Messages);

        Assert.Equal(["a", "c"], answer.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("model").GetString()));
        Assert.Equal("b", answer.GetProperty("multimodel").GetProperty("members")[1].GetProperty("failed_models")[0].GetProperty("model").GetString());
    }

    [Theory]
    [InlineData("first")]
    [InlineData("hedge")]
    public async Task The_first_to_answer_wins_and_the_others_are_stopped(string mode)
    {
        await A.SetAsync("latency=1m");

        var answer = await AskAsync($$"""{{Messages}},"model":"a+b","multimodel":{"mode":"{{mode}}"{{(mode == "hedge" ? ",\"hedge_ms\":20" : "")}}}""");

        Assert.Equal("b", answer.GetProperty("model").GetString());
        Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal(["a cancelled", "b completed"], Statuses(answer));
        Assert.Equal(["node-a", "node-b"], answer.GetProperty("multimodel").GetProperty("members").EnumerateArray().Select(static member => member.GetProperty("node").GetString()));
        Assert.Equal(1, answer.GetProperty("multimodel").GetProperty("decision").GetProperty("winner").GetInt32());
        await A.WaitForAsync("running", 0);
        Assert.Equal(1, await A.CountAsync("aborted"));
    }

    [Fact]
    public async Task A_hedge_asks_nobody_else_while_the_first_is_quick()
    {
        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"hedge\",\"models\":[\"a\",\"b\"],\"hedge_ms\":60000}");

        Assert.Equal(["a completed", "b not_started"], Statuses(answer));
        Assert.Equal(0, await B.CountAsync("requests"));
    }

    [Fact]
    public async Task A_hedge_asks_the_next_at_once_when_the_first_fails()
    {
        await A.SetAsync("fail-status=500");

        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"hedge\",\"models\":[\"a\",\"b\"],\"hedge_ms\":3600000}");

        Assert.Equal(["a failed", "b completed"], Statuses(answer));
    }

    [Fact]
    public async Task Members_that_are_not_done_in_time_are_left_out()
    {
        await B.SetAsync("latency=1m");

        var answer = await AskAsync(Messages + ",\"multimodel\":{\"models\":[\"a\",\"b\"],\"timeout_ms\":2000}");

        Assert.Equal(["a completed", "b timed_out"], Statuses(answer));
        await B.WaitForAsync("running", 0);
    }

    [Fact]
    public async Task Embeddings_of_all_models_are_in_one_list()
    {
        var answer = await AskAsync("\"model\":\"a+b\",\"input\":[\"x\",\"y\"]", "v1/embeddings");

        Assert.Equal(
            ["a 0", "a 1", "b 0", "b 1"],
            answer.GetProperty("data").EnumerateArray().Select(static item => $"{item.GetProperty("model")} {item.GetProperty("index")}"));
        Assert.Equal(4, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
        Assert.False(answer.GetProperty("usage").TryGetProperty("completion_tokens", out _));
    }

    [Fact]
    public async Task Text_completions_of_all_models_are_choices()
    {
        var answer = await AskAsync("\"model\":\"a+b\",\"prompt\":\"x\"", "v1/completions");

        Assert.Equal(["a", "b"], answer.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("model").GetString()));
    }

    [Fact]
    public async Task Every_member_is_metered_by_itself()
    {
        await AskAsync("\"model\":\"a+b\"," + Messages);

        var rows = await Gateway.UsageAsync();
        Assert.Equal(["a", "b"], rows.Select(static row => row.Model).Order());
        Assert.All(rows, static row => Assert.Equal(5, row.OutputTokens));
    }
}
