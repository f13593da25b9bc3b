using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>Votes and judges, as clients see them. The upstreams' answers are as long as the tests tell them, which makes them differ.</summary>
public sealed class DecisionTests : MultimodelTest
{
    [Fact]
    public async Task The_answer_that_most_models_give_wins_a_vote()
    {
        await A.SetAsync("chunks=2");

        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"a\",\"b\",\"c\"]}");

        Assert.Equal(" t0 t1 t2 t3 t4", Text(answer));
        var decision = answer.GetProperty("multimodel").GetProperty("decision");
        Assert.Equal("""{"by":"vote","winner":1,"model":"b","vote":"text","votes":2,"of":3,"tie":false,"groups":[[1,2],[0]]}""", decision.GetRawText());
        Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal(12, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt64());
    }

    [Fact]
    public async Task A_tie_goes_to_the_model_that_stands_first()
    {
        await A.SetAsync("chunks=2");

        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"a\",\"b\"],\"vote\":{\"by\":\"exact\"}}");

        Assert.Equal(" t0 t1", Text(answer));
        Assert.True(answer.GetProperty("multimodel").GetProperty("decision").GetProperty("tie").GetBoolean());
    }

    [Fact]
    public async Task A_vote_without_a_quorum_has_no_answer()
    {
        await A.SetAsync("chunks=2");

        using var response = await PostAsync("{" + Messages + ",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"a\",\"b\"],\"vote\":{\"quorum\":2}}}");

        await GatewayTest.AssertErrorAsync(response, 409, "quorum_not_reached");
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task A_vote_is_streamed_once_it_is_decided()
    {
        await A.SetAsync("chunks=2");

        var events = await StreamAsync(Messages + ",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"a\",\"b\",\"c\"]}");

        Assert.Equal("[DONE]", events[^1].GetString());
        Assert.Equal(" t0 t1 t2 t3 t4", string.Concat(events[..^1].Select(static chunk => SseReading.TextOf(chunk.GetRawText()))));
        Assert.Equal("stop", events[^3].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal("vote", events[^2].GetProperty("multimodel").GetProperty("decision").GetProperty("by").GetString());
    }

    [Fact]
    public async Task Free_text_can_be_voted_on_by_what_it_means()
    {
        await A.SetAsync("chunks=3");
        await B.SetAsync("chunks=3");

        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"c\",\"a\",\"b\"],\"vote\":{\"by\":\"centroid\",\"model\":\"embed\"}}");

        Assert.Equal(" t0 t1 t2", Text(answer));
        var decision = answer.GetProperty("multimodel").GetProperty("decision");
        Assert.Equal(3, decision.GetProperty("likeness").GetArrayLength());
        Assert.False(decision.TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_judge_whose_words_name_an_answer_chooses_it()
    {
        // The judge says back the last word of what it is asked: the number of answers.
        var judge = await TestKit.Processes.FakeUpstreamProcess.StartAsync("--echo=text", "--model=echo");
        await using (judge)
        {
            Gateway.AddNode("node-j", judge, models: "echo");
            await A.SetAsync("chunks=2");

            var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"judge\",\"judge\":\"echo\",\"models\":[\"a\",\"b\"]}");

            var decision = answer.GetProperty("multimodel").GetProperty("decision");
            Assert.Equal("judge", decision.GetProperty("by").GetString());
            Assert.Equal("completed", decision.GetProperty("judge").GetProperty("status").GetString());
            Assert.Equal(0, decision.GetProperty("winner").GetInt32());
            Assert.Equal(" t0 t1", Text(answer));
            Assert.Contains("alpha beta gamma", System.Text.Encoding.UTF8.GetString(await judge.LastBodyAsync()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_judge_that_names_no_answer_leaves_the_first()
    {
        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"judge\",\"judge\":\"judge\",\"models\":[\"b\",\"c\"]}");

        Assert.Equal("b", answer.GetProperty("model").GetString());
        Assert.Equal("no_verdict", answer.GetProperty("multimodel").GetProperty("decision").GetProperty("judge").GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_judge_that_fails_leaves_the_first()
    {
        var answer = await AskAsync(Messages + ",\"multimodel\":{\"mode\":\"judge\",\"judge\":\"nosuch\",\"models\":[\"b\",\"c\"]}");

        Assert.Equal("b", answer.GetProperty("model").GetString());
        Assert.Equal("failed", answer.GetProperty("multimodel").GetProperty("decision").GetProperty("judge").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_synthesis_is_the_judge_s_own_answer_and_its_usage_counts()
    {
        await B.SetAsync("echo=hash");
        await C.SetAsync("echo=hash");

        using var response = await PostAsync("{" + Messages + ",\"multimodel\":{\"mode\":\"judge\",\"judge\":\"judge\",\"judge_mode\":\"synthesise\",\"models\":[\"b\",\"c\"]}}");

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal("judge", answer.GetProperty("model").GetString());
        Assert.False(answer.TryGetProperty("system_fingerprint", out _), "a member's field is in the judge's answer");
        Assert.Equal(("judge", "node-a"), (response.Headers.GetValues("x-resultity-model").Single(), response.Headers.GetValues("x-resultity-node").Single()));
        Assert.Equal(15, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt64());
    }

    [Fact]
    public async Task A_synthesis_is_streamed_as_the_judge_writes_it()
    {
        var events = await StreamAsync(Messages + ",\"stream_options\":{\"include_usage\":true},\"multimodel\":{\"mode\":\"judge\",\"judge\":\"judge\",\"judge_mode\":\"synthesise\",\"models\":[\"b\",\"c\"]}");

        Assert.Equal("[DONE]", events[^1].GetString());
        Assert.Equal(15, events[^2].GetProperty("usage").GetProperty("completion_tokens").GetInt64());
        Assert.Equal("judge", events[0].GetProperty("model").GetString());
        Assert.Equal(["b completed", "c completed"], Statuses(events[^2]));
        var judge = events[^2].GetProperty("multimodel").GetProperty("decision").GetProperty("judge");
        Assert.Equal(("completed", 5), (judge.GetProperty("status").GetString(), judge.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
    }

    [Fact]
    public async Task Text_completions_can_be_voted_on_and_synthesised()
    {
        var voted = await AskAsync("\"prompt\":\"x\",\"multimodel\":{\"mode\":\"vote\",\"models\":[\"a\",\"b\"]}", "v1/completions");
        Assert.Equal(" t0 t1 t2 t3 t4", voted.GetProperty("choices")[0].GetProperty("text").GetString());
        var made = await StreamAsync("\"prompt\":\"x\",\"multimodel\":{\"mode\":\"judge\",\"judge\":\"judge\",\"judge_mode\":\"synthesise\",\"models\":[\"b\",\"c\"]}", "v1/completions");
        Assert.Equal(" t0 t1 t2 t3 t4", string.Concat(made[..^1].SelectMany(static chunk => chunk.GetProperty("choices").EnumerateArray()).Select(static choice => choice.GetProperty("text").GetString())));
    }
}
