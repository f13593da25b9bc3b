using Resultity.Contracts.Fleet;
using Resultity.Serving.Sharding;
using Xunit;

namespace Resultity.Serving.Tests.Sharding;

public sealed class ShardPlannerTests
{
    private const long Megabyte = 1_000_000;

    [Fact]
    public void A_model_that_fits_its_head_needs_no_members()
    {
        Assert.True(ShardPlanner.Plan(Wish, [Head(2000), Member("a", 4000)]).TryGet(out var plan, out _));
        Assert.Empty(plan.Members);
        Assert.Equal(10, plan.Head.Layers);
    }

    [Fact]
    public void As_few_members_as_memory_allows_and_those_that_are_near()
    {
        Assert.True(ShardPlanner.Plan(Wish, [Head(700), Member("large", 3000, trip: 80), Member("near", 2000, trip: 2), Member("small", 100, trip: 1)]).TryGet(out var plan, out _));
        Assert.Equal("near", Assert.Single(plan.Members).NodeId);
    }

    [Fact]
    public void Layers_go_by_memory()
    {
        Assert.True(ShardPlanner.Plan(Wish with { MinNodes = 3 }, [Head(1000), Member("a", 2000), Member("b", 1000)]).TryGet(out var plan, out _));
        Assert.Equal(["a", "b"], plan.Members.Select(member => member.NodeId));
        Assert.True(plan.Members[0].Layers > plan.Members[1].Layers);
    }

    [Fact]
    public void The_head_in_force_stays_though_another_has_more_memory()
    {
        Assert.True(ShardPlanner.Plan(Wish, [Head(1000), Head(5000, "other"), Member("a", 2000)], headInForce: "head").TryGet(out var plan, out _));
        Assert.Equal("head", plan.Head.NodeId);
    }

    [Fact]
    public void Where_memory_does_not_suffice_the_reason_names_what_is_needed_and_what_there_is()
    {
        Assert.False(ShardPlanner.Plan(Wish, [Head(300), Member("a", 200)]).TryGet(out _, out var why));
        Assert.Equal("no_shard_plan", why!.Code);
        Assert.Contains("lend 500 MB (head 300, a 200)", why.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_named_nodes_are_used_and_one_that_lends_nothing_is_no_member()
    {
        Assert.False(ShardPlanner.Plan(Wish with { Nodes = ["head"] }, [Head(700), Member("a", 4000)]).TryGet(out _, out _));
        Assert.False(ShardPlanner.Plan(Wish, [Head(700), Member("a", 4000) with { CanBeMember = false }]).TryGet(out _, out _));
        Assert.False(ShardPlanner.Plan(Wish, [Member("a", 4000)]).TryGet(out _, out var why));
        Assert.Contains("file", why!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_forecast_is_absent_where_a_figure_was_not_measured_and_grows_worse_with_distance()
    {
        ShardCandidate[] Measured(int trip) => [Head(700) with { Bandwidth = 10_000 * Megabyte }, Member("a", 4000, trip) with { Bandwidth = 10_000 * Megabyte, LinkSpeed = 100 * Megabyte }];
        Assert.True(ShardPlanner.Plan(Wish, [Head(700), Member("a", 4000)]).TryGet(out var unknown, out _));
        Assert.Null(unknown.Forecast.TokensPerSecond);
        Assert.True(ShardPlanner.Plan(Wish, Measured(1)).TryGet(out var near, out _));
        Assert.True(ShardPlanner.Plan(Wish, Measured(50)).TryGet(out var far, out _));
        Assert.True(near.Forecast.TokensPerSecond > far.Forecast.TokensPerSecond);
        Assert.NotNull(near.Forecast.LoadSeconds);
    }

    /// <summary>Random models and nodes: a plan holds every layer once, in order, within everyone's memory; and where one is refused, none exists by filling nodes up.</summary>
    [Fact]
    public void Plans_are_whole_and_within_memory_whatever_the_nodes()
    {
        var random = new Random(7);
        var planned = 0;
        for (var round = 0; round < 5000; round++)
        {
            var model = Model(random.Next(1, 40), random.Next(1, 200));
            var nodes = Enumerable.Range(0, random.Next(1, 8)).Select(i => i == 0
                ? Head(random.Next(0, 4000)) with { Models = [model] }
                : Member($"m{i}", random.Next(0, 3000), random.Next(1, 100))).ToList();
            var wish = Wish with { MinNodes = random.Next(1, 4), ContextLength = random.Next(2) == 0 ? null : random.Next(64, 8192), Slots = random.Next(1, 5) };
            if (!ShardPlanner.Plan(wish, nodes).TryGet(out var plan, out var why))
            {
                Assert.NotEmpty(why!.Message);
                continue;
            }

            planned++;
            Assert.Equal(model.LayerBytes.Count, plan.Parts.Sum(part => part.Layers));
            Assert.True(plan.Parts.Count() >= wish.MinNodes);
            Assert.Equal(wish.ContextLength ?? plan.ContextLength, plan.ContextLength);
            var next = 0;
            foreach (var part in plan.Parts)
            {
                Assert.Equal(next, part.FirstLayer);
                next += part.Layers;
                Assert.True(part.Bytes <= nodes.Single(node => node.Id == part.NodeId).Memory);
                Assert.True(part.Layers > 0 || part == plan.Head);
            }

            Assert.Equal(plan, Again(wish, nodes) with { Members = plan.Members });
        }

        Assert.InRange(planned, 500, 4900);
    }

    private static ShardPlan Again(ShardWish wish, List<ShardCandidate> nodes) => ShardPlanner.Plan(wish, nodes).TryGet(out var plan, out _) ? plan : throw new InvalidOperationException();

    private static ShardWish Wish { get; } = new() { Model = "big", ContextLength = 1024, Slots = 1 };

    private static ShardableModel Model(int layers, int megabytes) => new()
    {
        Name = "big",
        LayerBytes = [.. Enumerable.Repeat(megabytes * Megabyte, layers)],
        OuterBytes = 50 * Megabyte,
        CacheBytesPerToken = 1000,
        Width = 1024,
        Vocabulary = 32_000,
        ContextLength = 8192,
    };

    private static ShardCandidate Head(int megabytes, string id = "head") =>
        new(id, id, megabytes * Megabyte, TimeSpan.FromMilliseconds(1), true, null, null, [Model(10, 100)]);

    private static ShardCandidate Member(string id, int megabytes, int trip = 1) =>
        new(id, id, megabytes * Megabyte, TimeSpan.FromMilliseconds(trip), true, null, null, []);
}
