using Resultity.Onnx.Text;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>What is computed: equal to the reference, whatever runs beside it. Each test for the graph as exported and rewritten.</summary>
public sealed class TextEngineTests(ChatModel chat)
{
    private static GenerationRequest Greedy(int[] prompt, int tokens = 40) => new() { Prompt = prompt, Sampling = SamplingOptions.Greedy, MaxTokens = tokens };

    [Theory, InlineData(false), InlineData(true)]
    public async Task Greedy_output_equals_a_full_recomputation(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace);
        foreach (var prompt in ChatModel.Prompts)
        {
            var expected = chat.Reference.Greedy(prompt, 40);
            using var generation = engine.Start(Greedy(prompt));
            Assert.Equal(expected, await generation.IdsAsync());
            Assert.Equal(expected.Length == 40 ? FinishReason.Length : FinishReason.Stop, generation.Finish);
            Assert.Equal(expected.Length, generation.CompletionTokens);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_batch_of_many_equals_each_alone(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { Slots = 5, PrefixCacheBytes = 0 });
        // Twice as many as slots: places are taken over by others, in every order of ending.
        var prompts = ChatModel.Prompts.Concat(ChatModel.Prompts.Reverse()).ToArray();
        var together = prompts.Select(p => engine.Start(Greedy(p))).ToArray();
        for (var i = 0; i < together.Length; i++) Assert.Equal(chat.Reference.Greedy(prompts[i], 40), await together[i].IdsAsync());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_sequence_that_joins_late_equals_itself_alone(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace);
        using var first = engine.Start(Greedy(ChatModel.FoxStory, 200) with { EndTokens = [] });
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await first.WaitAsync(TestContext.Current.CancellationToken));
            Assert.True(first.TryRead(out _));
        }
        using var late = engine.Start(Greedy(ChatModel.WhoAreYou));
        Assert.Equal(chat.Reference.Greedy(ChatModel.WhoAreYou, 40), await late.IdsAsync());
        Assert.Equal(190, (await first.AllAsync()).Count);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Sequences_that_outgrow_the_first_buffers_go_on_unchanged(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { Slots = 3, PrefixCacheBytes = 0 });
        var alone = await engine.Start(Greedy(ChatModel.FoxStory, 400) with { EndTokens = [] }).IdsAsync();
        using var grown = engine.Start(Greedy(ChatModel.FoxStory, 400) with { EndTokens = [] });
        using var beside = engine.Start(Greedy(ChatModel.Long(600), 5) with { EndTokens = [] });
        Assert.Equal(alone, await grown.IdsAsync());
        Assert.Equal(chat.Reference.GreedyWithoutEnd(ChatModel.Long(600), 5), await beside.IdsAsync());
    }

    [Theory, InlineData(false, 1), InlineData(false, 7), InlineData(false, 100), InlineData(true, 1), InlineData(true, 7), InlineData(true, 100)]
    public async Task A_prompt_in_chunks_equals_the_prompt_at_once(bool inPlace, int chunk)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { PrefillChunk = chunk, PrefixCacheBytes = 0 });
        var prompt = ChatModel.Long(90);
        using var generation = engine.Start(Greedy(prompt, 10) with { EndTokens = [] });
        Assert.Equal(chat.Reference.GreedyWithoutEnd(prompt, 10), await generation.IdsAsync());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_reused_prefix_gives_what_a_whole_computation_gives(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions());
        using var first = engine.Start(Greedy(ChatModel.WhoAreYou));
        var answer = await first.IdsAsync();
        Assert.Equal(0, first.CachedTokens);

        int[] nextTurn = [.. ChatModel.WhoAreYou, .. answer, 2, 15, .. ChatModel.FoxStory];
        using var second = engine.Start(Greedy(nextTurn, 20));
        Assert.Equal(chat.Reference.Greedy(nextTurn, 20), await second.IdsAsync());
        // The end token was chosen but never computed.
        Assert.Equal(ChatModel.WhoAreYou.Length + answer.Count, second.CachedTokens);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task The_same_prompt_again_computes_only_its_last_token(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions());
        var expected = await engine.Start(Greedy(ChatModel.FoxStory)).IdsAsync();
        var again = Enumerable.Range(0, 4).Select(_ => engine.Start(Greedy(ChatModel.FoxStory))).ToArray();
        foreach (var generation in again)
        {
            Assert.Equal(expected, await generation.IdsAsync());
            Assert.Equal(ChatModel.FoxStory.Length - 1, generation.CachedTokens);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Sequences_that_begin_alike_compute_the_beginning_once(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { PrefillChunk = 16, PrefixCacheBytes = 0 });
        var shared = ChatModel.Long(100);
        int[][] prompts = [shared, shared, [.. shared[..60], .. ChatModel.Hello], ChatModel.WhoAreYou, [.. shared, .. ChatModel.WhoAreYou]];
        var together = prompts.Select(p => engine.Start(Greedy(p, 8) with { EndTokens = [] })).ToArray();
        for (var i = 0; i < prompts.Length; i++) Assert.Equal(chat.Reference.GreedyWithoutEnd(prompts[i], 8), await together[i].IdsAsync());
        Assert.Equal([0, 99, 60, 0, 100], together.Select(g => g.CachedTokens));
    }

    [Fact]
    public async Task A_prompt_that_others_wait_for_may_be_cancelled()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { PrefillChunk = 1, PrefixCacheBytes = 0 });
        var shared = ChatModel.Long(300);
        using var first = engine.Start(Greedy(shared));
        using var second = engine.Start(Greedy(shared, 3) with { EndTokens = [] });
        first.Cancel();
        Assert.Equal(chat.Reference.GreedyWithoutEnd(shared, 3), await second.IdsAsync());
    }

    [Fact]
    public async Task The_model_s_own_context_bounds_a_sequence()
    {
        await using var engine = chat.Engine(inPlace: true);
        using var generation = engine.Start(Greedy(ChatModel.Long(1000), 500) with { EndTokens = [] });
        Assert.Equal(24, (await generation.AllAsync()).Count);
        Assert.Equal(FinishReason.Length, generation.Finish);
        var tooLong = Assert.Throws<ArgumentException>(() => engine.Start(Greedy(ChatModel.Long(1024))));
        Assert.Contains("1024 tokens", tooLong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_probabilities_are_the_model_s()
    {
        await using var engine = chat.Engine(inPlace: true);
        using var generation = engine.Start(Greedy(ChatModel.FoxStory, 3) with { TopLogprobs = 20, Sampling = new SamplingOptions { Temperature = 0, LogitBias = new Dictionary<int, float> { [300] = 100 } } });
        var sequence = ChatModel.FoxStory.ToList();
        foreach (var token in await generation.AllAsync())
        {
            var logits = chat.Reference.Logits(sequence);
            var sum = logits.Sum(x => Math.Exp(x));
            Assert.Equal(300, token.Token);
            // The bias moves the choice, not what the model thinks of it.
            Assert.Equal(Math.Log(Math.Exp(logits[300]) / sum), token.Logprob, 1e-3);
            var expected = logits.Select((x, id) => (Id: id, Logprob: Math.Log(Math.Exp(x) / sum))).OrderByDescending(x => x.Logprob).Take(20).ToList();
            Assert.Equal(20, token.Top!.Length);
            for (var i = 0; i < 20; i++) Assert.Equal(expected[i].Logprob, token.Top[i].Logprob, 1e-3);
            Assert.Equal(expected[0].Id, token.Top[0].Token);
            sequence.Add(token.Token);
        }
    }

    [Fact]
    public async Task Without_being_asked_tokens_carry_no_log_probabilities()
    {
        await using var engine = chat.Engine(inPlace: true);
        foreach (var token in await engine.Start(Greedy(ChatModel.Hello, 5)).AllAsync())
        {
            Assert.True(float.IsNaN(token.Logprob));
            Assert.Null(token.Top);
        }
    }
}
