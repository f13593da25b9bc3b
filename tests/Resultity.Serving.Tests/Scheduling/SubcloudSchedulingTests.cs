using Resultity.Serving.Scheduling;
using Xunit;
using static Resultity.Serving.Tests.Scheduling.Fixtures;

namespace Resultity.Serving.Tests.Scheduling;

public sealed class SubcloudSchedulingTests
{
    private readonly Scheduler _scheduler = new(new SchedulingOptions(), ticksPerSecond: 1000);

    public SubcloudSchedulingTests() => _scheduler.SubcloudIs("lab", null);

    [Fact]
    public void A_request_of_the_main_cloud_never_runs_on_a_node_that_serves_only_a_subcloud()
    {
        Up("a", new NodeReach(Main: false, ["lab"]));
        Up("b", NodeReach.MainOnly);

        Assert.Equal("b", _scheduler.TryPlace(_scheduler.FindPool("m")!, Query(), 0)!.Node.Id);
        Assert.Null(_scheduler.TryPlace(_scheduler.FindPool("m")!, Query(), 0));
    }

    [Fact]
    public void A_request_of_a_subcloud_runs_on_its_members_only()
    {
        Up("a", new NodeReach(Main: false, ["lab"]));
        Up("b", NodeReach.MainOnly);
        var query = Query() with { Subcloud = "lab" };

        Assert.Equal("a", _scheduler.TryPlace(_scheduler.FindPool("m", "lab")!, query, 0)!.Node.Id);
        Assert.Null(_scheduler.TryPlace(_scheduler.FindPool("m", "lab")!, query, 0));
    }

    [Fact]
    public void A_model_that_only_a_subcloud_has_does_not_exist_elsewhere()
    {
        _scheduler.SubcloudIs("other", null);
        Up("a", new NodeReach(Main: false, ["lab"]));

        Assert.NotNull(_scheduler.FindPool("m", "lab"));
        Assert.Null(_scheduler.FindPool("m"));
        Assert.Null(_scheduler.FindPool("m", "other"));
    }

    [Fact]
    public void A_subcloud_has_only_the_models_that_it_allows()
    {
        Up("a", new NodeReach(Main: true, ["lab"]));
        _scheduler.SubcloudIs("lab", new HashSet<string> { "another" });

        Assert.Null(_scheduler.FindPool("m", "lab"));
        Assert.NotNull(_scheduler.FindPool("m"));
    }

    [Fact]
    public void A_node_that_becomes_a_member_serves_who_waits_there()
    {
        Up("a", new NodeReach(Main: false, ["lab"]));
        Up("b", NodeReach.MainOnly);
        var query = Query() with { Subcloud = "lab" };
        Assert.NotNull(_scheduler.TryPlace(_scheduler.FindPool("m", "lab")!, query, 0));
        var waiter = _scheduler.Wait(query);

        _scheduler.NodeServes("b", new NodeReach(Main: false, ["lab"]), 0);

        Assert.Equal("b", waiter.PlacedOn()!.Node.Id);
    }

    [Fact]
    public void What_is_said_of_a_node_that_is_away_counts_when_it_links()
    {
        _scheduler.NodeServes("a", new NodeReach(Main: false, ["lab"]), 0);
        _scheduler.NodeIsUp("a", null, [Offer()], 0);

        Assert.Null(_scheduler.FindPool("m"));
        Assert.NotNull(_scheduler.FindPool("m", "lab"));
    }

    [Fact]
    public void A_subcloud_that_is_made_again_begins_with_nothing()
    {
        Up("a", new NodeReach(Main: true, ["lab"]));
        _scheduler.SubcloudIsGone("lab");
        _scheduler.NodeServes("a", NodeReach.MainOnly, 0);

        _scheduler.SubcloudIs("lab", null);

        Assert.Null(_scheduler.FindPool("m", "lab"));
    }

    private void Up(string nodeId, NodeReach reach)
    {
        _scheduler.NodeIsUp(nodeId, null, [], 0);
        _scheduler.NodeServes(nodeId, reach, 0);
        _scheduler.NodeIsUp(nodeId, null, [Offer()], 0);
    }
}
