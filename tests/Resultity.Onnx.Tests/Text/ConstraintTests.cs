using Resultity.Onnx.Text;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>Sequences under a constraint.</summary>
public sealed class ConstraintTests(ChatModel chat)
{
    /// <summary>Wants these tokens in this order, then the end.</summary>
    private sealed class Script(params int[] tokens) : ITokenConstraint
    {
        public int Accepted { get; private set; }
        public bool CanEnd => Accepted == tokens.Length;

        public void FillAllowed(Span<uint> bitmask)
        {
            bitmask.Clear();
            if (!CanEnd) bitmask[tokens[Accepted] >> 5] |= 1u << (tokens[Accepted] & 31);
        }

        public void Accept(int token)
        {
            Assert.Equal(tokens[Accepted], token);
            Accepted++;
        }
    }

    private sealed class Faulty(int after) : ITokenConstraint
    {
        private int _accepted;
        public bool CanEnd => false;
        public void FillAllowed(Span<uint> bitmask) => bitmask.Fill(_accepted < after ? uint.MaxValue : throw new InvalidOperationException("The grammar broke."));
        public void Accept(int token) => _accepted++;
    }

    private sealed class Impossible : ITokenConstraint
    {
        public bool CanEnd => false;
        public void FillAllowed(Span<uint> bitmask) => bitmask.Clear();
        public void Accept(int token) { }
    }

    private static GenerationRequest Request(ITokenConstraint? constraint, float temperature = 1) =>
        new() { Prompt = ChatModel.Hello, Constraint = constraint, MaxTokens = 50, Sampling = new SamplingOptions { Temperature = temperature } };

    [Theory, InlineData(0f), InlineData(2f)]
    public async Task Only_allowed_tokens_are_written_and_then_the_end(float temperature)
    {
        await using var engine = chat.Engine(inPlace: true);
        using var generation = engine.Start(Request(new Script(7, 1535, 31, 32, 500), temperature));
        Assert.Equal([7, 1535, 31, 32, 500], await generation.IdsAsync());
        Assert.Equal(FinishReason.Stop, generation.Finish);
    }

    [Fact]
    public async Task A_complete_answer_ends_even_without_end_tokens()
    {
        await using var engine = chat.Engine(inPlace: true);
        using var generation = engine.Start(Request(new Script(7, 8)) with { EndTokens = [] });
        Assert.Equal([7, 8], await generation.IdsAsync());
        Assert.Equal(FinishReason.Stop, generation.Finish);
    }

    [Fact]
    public async Task An_end_token_is_not_taken_before_the_constraint_allows_it()
    {
        await using var engine = chat.Engine(inPlace: true);
        // The model would end at once here; the script wants three more.
        var sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [2] = 99 } };
        using var generation = engine.Start(Request(new Script(10, 11, 12)) with { Sampling = sampling });
        Assert.Equal([10, 11, 12], await generation.IdsAsync());
    }

    [Fact]
    public async Task A_broken_constraint_ends_its_own_sequence_only()
    {
        await using var engine = chat.Engine(inPlace: true);
        using var healthy = engine.Start(new GenerationRequest { Prompt = ChatModel.FoxStory, MaxTokens = 60, EndTokens = [], Sampling = SamplingOptions.Greedy });
        using var broken = engine.Start(Request(new Faulty(after: 4)));
        Assert.Equal(4, (await broken.AllAsync()).Count);
        Assert.Equal(FinishReason.Failed, broken.Finish);
        Assert.Equal("The grammar broke.", broken.Error!.Message);
        Assert.Equal(60, (await healthy.AllAsync()).Count);
        Assert.Equal(8, engine.FreeSlots);
    }

    [Fact]
    public async Task A_dead_end_fails_with_a_reason()
    {
        await using var engine = chat.Engine(inPlace: true);
        using var generation = engine.Start(Request(new Impossible()));
        Assert.Empty(await generation.AllAsync());
        Assert.Equal(FinishReason.Failed, generation.Finish);
        Assert.Contains("no token", generation.Error!.Message, StringComparison.Ordinal);
    }
}
