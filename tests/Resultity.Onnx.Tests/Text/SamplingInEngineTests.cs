using Resultity.Onnx.Text;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>The sampling options, seen from outside.</summary>
public sealed class SamplingInEngineTests(ChatModel chat)
{
    private static GenerationRequest Request(SamplingOptions sampling, int tokens = 40) => new() { Prompt = ChatModel.FoxStory, Sampling = sampling, MaxTokens = tokens, EndTokens = [] };

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_seed_gives_the_same_answer_alone_and_among_others(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace);
        var request = Request(new SamplingOptions { Temperature = 1.2f, Seed = 42 });
        var alone = await engine.Start(request).IdsAsync();
        var others = Enumerable.Range(0, 5).Select(i => engine.Start(Request(new SamplingOptions { Seed = i }, 30 + i))).ToArray();
        Assert.Equal(alone, await engine.Start(request).IdsAsync());
        foreach (var other in others) await other.AllAsync();
        Assert.Equal(alone, await engine.Start(request).IdsAsync());
    }

    [Fact]
    public async Task Seeds_and_requests_without_a_seed_differ()
    {
        await using var engine = chat.Engine(inPlace: true);
        var answers = new List<string>();
        foreach (long? seed in (long?[])[1, 2, -3, null, null])
            answers.Add(string.Join(' ', await engine.Start(Request(new SamplingOptions { Temperature = 2, Seed = seed })).IdsAsync()));
        Assert.Equal(answers.Count, answers.Distinct().Count());
    }

    public static IEnumerable<TheoryDataRow<SamplingOptions>> Narrow => Rows(new() { TopK = 1 }, new() { TopP = 0 }, new() { TopP = 1e-6f }, new() { MinP = 1 }, new() { Temperature = 0.0001f });

    [Theory, MemberData(nameof(Narrow))]
    public async Task Options_that_leave_one_token_equal_greedy(SamplingOptions sampling)
    {
        await using var engine = chat.Engine(inPlace: true);
        Assert.Equal(chat.Reference.GreedyWithoutEnd(ChatModel.FoxStory, 40), await engine.Start(Request(sampling)).IdsAsync());
    }

    [Fact]
    public async Task A_banned_token_is_never_written()
    {
        await using var engine = chat.Engine(inPlace: true);
        var banned = chat.Reference.GreedyWithoutEnd(ChatModel.FoxStory, 40).Distinct().ToDictionary(id => id, _ => -100f);
        var written = await engine.Start(Request(new SamplingOptions { Temperature = 1.5f, LogitBias = banned })).IdsAsync();
        Assert.DoesNotContain(written, banned.ContainsKey);
    }

    [Fact]
    public async Task A_ban_on_the_end_tokens_keeps_the_answer_going()
    {
        await using var engine = chat.Engine(inPlace: true);
        var request = new GenerationRequest { Prompt = ChatModel.Hello, MaxTokens = 60, Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [0] = -100, [2] = -100 } } };
        using var generation = engine.Start(request);
        Assert.Equal(60, (await generation.AllAsync()).Count);
        Assert.Equal(FinishReason.Length, generation.Finish);
    }

    [Theory, InlineData(50f, 0f, 1f), InlineData(0f, 50f, 1f)]
    public async Task Heavy_penalties_forbid_repetition(float frequency, float presence, float repetition)
    {
        await using var engine = chat.Engine(inPlace: true);
        var sampling = SamplingOptions.Greedy with { FrequencyPenalty = frequency, PresencePenalty = presence, RepetitionPenalty = repetition };
        var written = await engine.Start(Request(sampling, 80)).IdsAsync();
        Assert.Equal(written.Count, written.Distinct().Count());
        Assert.NotEqual(written.Count, chat.Reference.GreedyWithoutEnd(ChatModel.FoxStory, 80).Distinct().Count());
    }

    [Fact]
    public async Task A_repetition_penalty_counts_the_prompt_too()
    {
        await using var engine = chat.Engine(inPlace: true);
        var greedy = chat.Reference.GreedyWithoutEnd(ChatModel.FoxStory, 40);
        var written = await engine.Start(Request(SamplingOptions.Greedy with { RepetitionPenalty = 100 })).IdsAsync();
        Assert.Contains(greedy, ChatModel.FoxStory.Contains);
        Assert.DoesNotContain(written, ChatModel.FoxStory.Contains);
    }

    public static IEnumerable<TheoryDataRow<SamplingOptions>> Impossible => Rows(
        new() { Temperature = -1 }, new() { Temperature = float.NaN }, new() { TopP = 1.5f }, new() { TopK = -1 }, new() { MinP = -0.1f }, new() { RepetitionPenalty = 0 },
        new() { FrequencyPenalty = float.PositiveInfinity }, new() { LogitBias = new Dictionary<int, float> { [1536] = 1 } }, new() { LogitBias = new Dictionary<int, float> { [1] = float.NaN } });

    private static IEnumerable<TheoryDataRow<SamplingOptions>> Rows(params SamplingOptions[] options) => options.Select(o => new TheoryDataRow<SamplingOptions>(o));

    [Theory, MemberData(nameof(Impossible))]
    public async Task Options_out_of_range_are_refused(SamplingOptions sampling)
    {
        await using var engine = chat.Engine(inPlace: true);
        Assert.ThrowsAny<ArgumentException>(() => engine.Start(Request(sampling)));
        Assert.Equal(8, engine.FreeSlots);
    }
}
