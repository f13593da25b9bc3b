using Resultity.Onnx.Text;
using Resultity.Onnx.Text.Sampling;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>The sampler by itself: distributions over many draws, and invariants over random scores.</summary>
public sealed class SamplerTests
{
    private const int Vocabulary = 600, Draws = 20_000;
    private readonly SamplerScratch _scratch = new(Vocabulary);

    private static float[] Scores(int seed, float spread = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => random.NextSingle() * spread * 2 - spread)];
    }

    private static double[] Softmax(float[] scores, double temperature = 1)
    {
        var weights = scores.Select(s => Math.Exp(s / temperature)).ToArray();
        var sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    private int[] Histogram(SamplingOptions options, float[] scores)
    {
        var sampler = new Sampler(options with { Seed = 7 }, [], Vocabulary);
        var counts = new int[Vocabulary];
        var logits = new float[Vocabulary];
        for (var i = 0; i < Draws; i++)
        {
            scores.CopyTo(logits, 0);
            counts[sampler.Next(logits, default, _scratch)]++;
        }
        return counts;
    }

    // Chi-squared over all tokens whose expectation is not tiny; its mean is their number, its deviation sqrt(2n).
    private static void AssertDistribution(double[] expected, int[] counts)
    {
        double chi = 0;
        var cells = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] == 0)
            {
                Assert.Equal(0, counts[i]);
                continue;
            }
            if (expected[i] * Draws < 5) continue;
            chi += Math.Pow(counts[i] - expected[i] * Draws, 2) / (expected[i] * Draws);
            cells++;
        }
        Assert.True(cells > 2);
        Assert.True(chi < cells + 5 * Math.Sqrt(2 * cells), $"Chi-squared {chi:F0} over {cells} tokens.");
    }

    private static double[] Keep(double[] probabilities, Func<double, int, double, bool> keep)
    {
        // keep(probability, rank, mass of those before it)
        var order = Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).ThenBy(i => i).ToArray();
        var kept = new double[probabilities.Length];
        double before = 0;
        for (var rank = 0; rank < order.Length; rank++)
        {
            var p = probabilities[order[rank]];
            if (keep(p, rank, before)) kept[order[rank]] = p;
            before += p;
        }
        var sum = kept.Sum();
        return [.. kept.Select(p => p / sum)];
    }

    [Theory, InlineData(1f), InlineData(0.5f), InlineData(2f)]
    public void Draws_follow_the_tempered_softmax(float temperature)
    {
        var scores = Scores(1);
        AssertDistribution(Softmax(scores, temperature), Histogram(new SamplingOptions { Temperature = temperature }, scores));
    }

    [Fact]
    public void Top_k_keeps_the_likeliest_in_proportion()
    {
        var scores = Scores(2);
        AssertDistribution(Keep(Softmax(scores), (_, rank, _) => rank < 17), Histogram(new SamplingOptions { TopK = 17 }, scores));
    }

    [Theory, InlineData(0.3f), InlineData(0.9f), InlineData(0.99f)]
    public void Top_p_keeps_the_smallest_set_that_reaches_the_mass(float topP)
    {
        var scores = Scores(3);
        AssertDistribution(Keep(Softmax(scores), (_, _, before) => before < topP), Histogram(new SamplingOptions { TopP = topP }, scores));
    }

    [Fact]
    public void Min_p_is_relative_to_the_likeliest()
    {
        var scores = Scores(4);
        var most = Softmax(scores).Max();
        AssertDistribution(Keep(Softmax(scores), (p, _, _) => p >= 0.2 * most), Histogram(new SamplingOptions { MinP = 0.2f }, scores));
    }

    [Fact]
    public void Top_p_works_on_what_top_k_left()
    {
        var scores = Scores(5);
        var topK = Keep(Softmax(scores), (_, rank, _) => rank < 20);
        AssertDistribution(Keep(topK, (_, _, before) => before < 0.5), Histogram(new SamplingOptions { TopK = 20, TopP = 0.5f }, scores));
    }

    [Fact]
    public void Equal_scores_are_drawn_equally_and_cut_by_id()
    {
        var scores = new float[Vocabulary];
        AssertDistribution(Softmax(scores), Histogram(new SamplingOptions(), scores));
        AssertDistribution([.. Enumerable.Range(0, Vocabulary).Select(i => i < 10 ? 0.1 : 0)], Histogram(new SamplingOptions { TopK = 10 }, scores));
    }

    [Fact]
    public void What_a_mask_forbids_is_never_chosen_whatever_the_options()
    {
        var random = new Random(6);
        for (var round = 0; round < 2000; round++)
        {
            var allowed = new uint[(Vocabulary + 31) / 32];
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                var id = random.Next(Vocabulary);
                allowed[id >> 5] |= 1u << (id & 31);
            }
            var options = new SamplingOptions
            {
                Temperature = random.Next(3) == 0 ? 0 : random.NextSingle() * 3,
                TopP = random.Next(2) == 0 ? 1 : random.NextSingle(),
                TopK = random.Next(3) * random.Next(50),
                MinP = random.Next(2) * random.NextSingle(),
                Seed = round,
                RepetitionPenalty = 0.5f + random.NextSingle(),
                PresencePenalty = random.NextSingle(),
                LogitBias = new Dictionary<int, float> { [random.Next(Vocabulary)] = random.NextSingle() * 200 - 100 },
            };
            var chosen = new Sampler(options, [1, 2, 3], Vocabulary).Next(Scores(round, 20), allowed, _scratch);
            Assert.InRange(chosen, 0, Vocabulary - 1);
            Assert.NotEqual(0u, allowed[chosen >> 5] >> (chosen & 31) & 1);
        }
    }

    [Fact]
    public void An_empty_mask_leaves_nothing() =>
        Assert.Equal(-1, new Sampler(new SamplingOptions(), [], Vocabulary).Next(Scores(7), new uint[(Vocabulary + 31) / 32], _scratch));

    [Fact]
    public void A_score_that_is_not_a_number_is_a_fault()
    {
        var scores = Scores(8);
        scores[300] = float.NaN;
        Assert.Throws<InvalidOperationException>(() => new Sampler(new SamplingOptions(), [], Vocabulary).Next(scores, default, _scratch));
    }

    [Fact]
    public void Extreme_scores_and_temperatures_still_choose_a_possible_token()
    {
        foreach (var temperature in (float[])[1e-30f, 1e-3f, 1, 100])
            foreach (var spread in (float[])[0, 1e-30f, 1e30f])
            {
                var scores = Scores(9, spread);
                scores[5] = float.NegativeInfinity;
                for (var seed = 0; seed < 50; seed++)
                    Assert.InRange(new Sampler(new SamplingOptions { Temperature = temperature, Seed = seed, TopP = seed % 2 == 0 ? 1 : 0.9f }, [], Vocabulary).Next([.. scores], default, _scratch) is var id and not 5 ? id : -1, 0, Vocabulary - 1);
            }
    }

    [Fact]
    public void Penalties_lower_scores_as_documented()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 0, FrequencyPenalty = 0.5f, PresencePenalty = 0.25f }, [0], Vocabulary);
        float[] scores = new float[Vocabulary];
        (scores[0], scores[1], scores[2]) = (3, 2, 1.2f);
        // 0: 3, 2.25, 1.75 …; 1: 2, 1.25 …; 2: 1.2. The prompt's own 0 counts for neither.
        var written = Enumerable.Range(0, 6).Select(_ => sampler.Next([.. scores], default, _scratch)).ToArray();
        Assert.Equal([0, 0, 1, 0, 0, 1], written);
    }

    [Fact]
    public void A_seed_s_draws_are_the_same_on_every_machine()
    {
        var random = new SamplerRandom(42);
        double[] draws = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
        // From the authors' C code, seeded with SplitMix64(42).
        Assert.Equal([0.08386297105988216, 0.3789802506626686, 0.6800434110281394], draws);
    }
}
