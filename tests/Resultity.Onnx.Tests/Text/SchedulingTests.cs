using Resultity.Onnx.Text;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>Who is computed when: slots, the queue, long prompts, cancellation, stopping.</summary>
public sealed class SchedulingTests(ChatModel chat)
{
    private static GenerationRequest Endless(int[] prompt) => new() { Prompt = prompt, EndTokens = [], Sampling = SamplingOptions.Greedy };

    private static async Task FirstTokenAsync(Generation generation)
    {
        Assert.True(await generation.WaitAsync(TestContext.Current.CancellationToken));
        Assert.True(generation.TryRead(out _));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_running_stream_keeps_coming_while_a_long_prompt_is_computed(bool inPlace)
    {
        await using var engine = chat.Engine(inPlace, new TextEngineOptions { PrefillChunk = 8, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(running);
        var before = running.CompletionTokens;
        using var late = engine.Start(Endless(ChatModel.Long(800)));
        await FirstTokenAsync(late);
        // 800 tokens in chunks of 8 take 100 rounds, and each but the last has given the running stream a token.
        Assert.True(running.CompletionTokens - before >= 99, $"Only {running.CompletionTokens - before} tokens came meanwhile.");
    }

    [Fact]
    public async Task A_short_prompt_does_not_wait_for_a_long_one()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { PrefillChunk = 4, PrefixCacheBytes = 0 });
        using var slow = engine.Start(Endless(ChatModel.Long(900)));
        using var quick = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(quick);
        Assert.Equal(0, slow.CompletionTokens);
    }

    [Fact]
    public async Task Cancelling_frees_the_slot_at_the_next_step()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(running);
        Assert.Equal((1, 0), (engine.ActiveSequences, engine.FreeSlots));
        running.Cancel();
        await running.AllAsync();
        Assert.Equal(FinishReason.Cancelled, running.Finish);
        Assert.Equal((0, 1), (engine.ActiveSequences, engine.FreeSlots));
    }

    [Fact]
    public async Task Cancelling_stops_a_prompt_in_the_middle()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { PrefillChunk = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(running);
        using var prompt = engine.Start(Endless(ChatModel.Long(1000)));
        await FirstTokenAsync(running);
        prompt.Cancel();
        Assert.Empty(await prompt.AllAsync());
        Assert.Equal(FinishReason.Cancelled, prompt.Finish);
        Assert.Equal(1, engine.ActiveSequences);
    }

    [Fact]
    public async Task Disposing_a_generation_cancels_it()
    {
        await using var engine = chat.Engine(inPlace: true);
        var generation = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(generation);
        generation.Dispose();
        await generation.AllAsync();
        Assert.Equal(FinishReason.Cancelled, generation.Finish);
    }

    [Fact]
    public async Task More_sequences_than_slots_wait_their_turn()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 2, PrefixCacheBytes = 0 });
        using var first = engine.Start(Endless(ChatModel.Hello));
        using var second = engine.Start(Endless(ChatModel.Hello));
        using var third = engine.Start(Endless(ChatModel.WhoAreYou) with { MaxTokens = 3 });
        await FirstTokenAsync(second);
        Assert.Equal((2, 1, 0), (engine.ActiveSequences, engine.WaitingSequences, engine.FreeSlots));
        Assert.Equal(0, third.CompletionTokens);
        first.Cancel();
        Assert.Equal(chat.Reference.GreedyWithoutEnd(ChatModel.WhoAreYou, 3), await third.IdsAsync());
    }

    [Fact]
    public async Task A_waiting_sequence_can_be_cancelled()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        using var waiting = engine.Start(Endless(ChatModel.Hello));
        waiting.Cancel();
        Assert.Empty(await waiting.AllAsync());
        Assert.Equal(FinishReason.Cancelled, waiting.Finish);
        Assert.Null(running.Finish);
    }

    [Fact]
    public async Task A_full_queue_refuses()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 1, QueueLimit = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        using var waiting = engine.Start(Endless(ChatModel.Hello));
        Assert.Throws<TextEngineBusyException>(() => engine.Start(Endless(ChatModel.Hello)));
        Assert.Equal((1, 1), (engine.ActiveSequences, engine.WaitingSequences));
    }

    [Fact]
    public async Task Stopping_the_engine_ends_what_runs_and_refuses_what_comes()
    {
        var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        using var waiting = engine.Start(Endless(ChatModel.Hello));
        await FirstTokenAsync(running);
        await engine.DisposeAsync();
        Assert.Equal((FinishReason.Cancelled, FinishReason.Cancelled), (running.Finish, waiting.Finish));
        Assert.Throws<ObjectDisposedException>(() => engine.Start(Endless(ChatModel.Hello)));
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_wait_can_be_given_up_and_taken_up_again()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 1, PrefixCacheBytes = 0 });
        using var running = engine.Start(Endless(ChatModel.Hello));
        using var waiting = engine.Start(Endless(ChatModel.Hello) with { MaxTokens = 2 });
        using var patience = new CancellationTokenSource();
        var wait = waiting.WaitAsync(patience.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await waiting.WaitAsync(TestContext.Current.CancellationToken));
        await patience.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        running.Cancel();
        Assert.Equal(2, (await waiting.AllAsync()).Count);
        Assert.Equal(FinishReason.Length, waiting.Finish);
    }

    [Fact]
    public async Task Many_starts_and_cancels_at_once_leave_nothing_behind()
    {
        await using var engine = chat.Engine(inPlace: true, new TextEngineOptions { Slots = 4, QueueLimit = 1000 });
        await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, async (i, cancellation) =>
        {
            using var generation = engine.Start(Endless(ChatModel.Long(1 + i % 40, i)) with { MaxTokens = 1 + i % 9 });
            if (i % 3 == 0) await generation.WaitAsync(cancellation);
            if (i % 2 == 0) generation.Cancel();
            var tokens = await generation.AllAsync();
            Assert.True(generation.Finish is FinishReason.Cancelled || generation.Finish is FinishReason.Length && generation.CompletionTokens == 1 + i % 9, $"{generation.Finish} after {tokens.Count}: {generation.Error}");
        });
        Assert.Equal((0, 0), (engine.ActiveSequences, engine.WaitingSequences));
    }

    [Theory, InlineData(0, 5), InlineData(1, 0), InlineData(1, 21)]
    public async Task Requests_outside_the_limits_are_refused(int promptTokens, int limit)
    {
        await using var engine = chat.Engine(inPlace: true);
        var request = limit == 21 ? Endless(ChatModel.Long(promptTokens)) with { TopLogprobs = 21 } : Endless(ChatModel.Long(promptTokens)) with { MaxTokens = limit };
        Assert.ThrowsAny<ArgumentException>(() => engine.Start(request));
        Assert.ThrowsAny<ArgumentException>(() => engine.Start(Endless([5, 1536])));
        Assert.Equal(0, engine.ActiveSequences);
    }
}
