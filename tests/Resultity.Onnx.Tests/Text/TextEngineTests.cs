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
            var expected = chat.Reference.Greedy(prompt, 40, 0, 2);
            using var generation = engine.Start(Greedy(prompt));
            Assert.Equal(expected, await generation.IdsAsync());
            Assert.Equal(expected.Count == 40 ? FinishReason.Length : FinishReason.Stop, generation.Finish);
            Assert.Equal(expected.Count, generation.CompletionTokens);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_batch_of_many_equals_each_alone(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { Slots = 5, PrefixCacheBytes = 0 });
        var together = ChatModel.Prompts.Select(p => engine.Start(Greedy(p))).ToArray();
        for (var i = 0; i < together.Length; i++)
            Assert.Equal(chat.Reference.Greedy(ChatModel.Prompts[i], 40, 0, 2), await together[i].IdsAsync());
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
        Assert.Equal(chat.Reference.Greedy(ChatModel.WhoAreYou, 40, 0, 2), await late.IdsAsync());
        Assert.Null(first.Finish);
        Assert.Equal(190, (await first.AllAsync()).Count);
    }
}
