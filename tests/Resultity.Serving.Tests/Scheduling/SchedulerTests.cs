using Resultity.Contracts.Fleet;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Xunit;
using static Resultity.Serving.Tests.Scheduling.Fixtures;

namespace Resultity.Serving.Tests.Scheduling;

public sealed class SchedulerTests
{
    private readonly Scheduler _scheduler = new(new SchedulingOptions(), ticksPerSecond: 1000);

    private ModelPool Pool => _scheduler.FindPool("m")!;

    [Fact]
    public void A_free_slot_is_taken_and_a_full_node_is_not()
    {
        _scheduler.NodeIsUp("a", null, [Offer(slots: 2)], 0);

        Assert.NotNull(_scheduler.TryPlace(Pool, Query(), 0));
        Assert.NotNull(_scheduler.TryPlace(Pool, Query(), 0));
        Assert.Null(_scheduler.TryPlace(Pool, Query(), 0));
    }

    [Fact]
    public void The_least_loaded_node_is_picked()
    {
        _scheduler.NodeIsUp("a", null, [Offer(slots: 4)], 0);
        _scheduler.NodeIsUp("b", null, [Offer(slots: 4)], 0);

        var first = _scheduler.TryPlace(Pool, Query(), 0)!;
        var second = _scheduler.TryPlace(Pool, Query(), 0)!;

        Assert.NotEqual(first.Node.Id, second.Node.Id);
    }

    [Fact]
    public void A_conversation_returns_to_the_node_that_has_its_beginning()
    {
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            _scheduler.NodeIsUp(id, null, [Offer(slots: 8)], 0);
        }

        var first = _scheduler.TryPlace(Pool, Query(prefix: 42), 0)!;
        _scheduler.TryPlace(Pool, Query(prefix: 7), 0);

        Assert.Same(first, _scheduler.TryPlace(Pool, Query(prefix: 42), 0));
    }

    [Fact]
    public void A_node_that_failed_is_passed_over_while_another_can_serve()
    {
        _scheduler.NodeIsUp("a", null, [Offer(slots: 1)], 0);
        _scheduler.NodeIsUp("b", null, [Offer(slots: 9)], 0);
        var one = _scheduler.TryPlace(Pool, Query(), 0)!;
        var other = _scheduler.TryPlace(Pool, Query(), 0)!;
        var failed = one.Node.Id == "a" ? one : other;
        _scheduler.Release(failed, nodeFailed: true, 0);

        Assert.Equal("b", _scheduler.TryPlace(Pool, Query(), 1)!.Node.Id);
        Assert.Equal("b", _scheduler.TryPlace(Pool, Query(), 1)!.Node.Id);
        Assert.Equal("a", _scheduler.TryPlace(Pool, Query(), 10_000)!.Node.Id);
    }

    [Fact]
    public void Excluded_nodes_are_never_picked()
    {
        _scheduler.NodeIsUp("a", null, [Offer(slots: 8)], 0);
        _scheduler.NodeIsUp("b", null, [Offer(slots: 1)], 0);
        var query = Query() with { Excluded = ["a"] };

        Assert.Equal("b", _scheduler.TryPlace(Pool, query, 0)!.Node.Id);
        Assert.Null(_scheduler.TryPlace(Pool, query, 0));
    }

    [Fact]
    public void A_draining_node_takes_nothing_new_and_its_running_request_still_gives_its_slot_back()
    {
        _scheduler.NodeIsUp("a", null, [Offer(slots: 2)], 0);
        var running = _scheduler.TryPlace(Pool, Query(), 0)!;

        _scheduler.NodeDrains("a");
        Assert.Null(_scheduler.TryPlace(Pool, Query(), 0));
        _scheduler.Release(running, nodeFailed: false, 0);

        Assert.Equal(0, running.Running);
        Assert.Null(_scheduler.TryPlace(Pool, Query(), 0));
    }

    [Fact]
    public void A_node_that_comes_back_serves_those_who_wait()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        _scheduler.NodeIsGone("a");
        var waiter = _scheduler.Wait(Query());

        _scheduler.NodeIsUp("a", null, [Offer()], 0);

        Assert.True(waiter.IsPlaced());
    }

    [Theory]
    [InlineData(ModelState.Failed)]
    [InlineData(ModelState.Untested)]
    public void A_model_that_failed_or_was_never_tested_is_not_placed_until_it_says_otherwise(ModelState state)
    {
        _scheduler.NodeIsUp("a", null, [Offer(state: state)], 0);
        Assert.Null(_scheduler.TryPlace(Pool, Query(), 0));

        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        Assert.NotNull(_scheduler.TryPlace(Pool, Query(), 0));
    }

    [Fact]
    public void A_flooding_namespace_waits_behind_its_own_requests_only()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        var running = _scheduler.TryPlace(Pool, Query(), 0)!;
        var flood = Enumerable.Range(0, 50).Select(_ => _scheduler.Wait(Query("flood"))).ToArray();
        var quiet = _scheduler.Wait(Query("quiet"));

        _scheduler.Release(running, false, 0);
        _scheduler.Release(running, false, 0);

        Assert.True(quiet.IsPlaced());
        Assert.Equal(1, flood.Count(waiter => waiter.IsPlaced()));
    }

    [Fact]
    public void Shares_follow_the_weights()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        var slot = _scheduler.TryPlace(Pool, Query(), 0)!;
        var heavy = Enumerable.Range(0, 90).Select(_ => _scheduler.Wait(Query("heavy", weight: 3))).ToArray();
        var light = Enumerable.Range(0, 90).Select(_ => _scheduler.Wait(Query("light", weight: 1))).ToArray();

        for (var i = 0; i < 80; i++)
        {
            _scheduler.Release(slot, false, 0);
        }

        Assert.InRange(heavy.Count(w => w.IsPlaced()), 59, 61);
        Assert.InRange(light.Count(w => w.IsPlaced()), 19, 21);
    }

    [Fact]
    public void Interactive_goes_first_and_background_is_not_starved()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        var slot = _scheduler.TryPlace(Pool, Query(), 0)!;
        var background = Enumerable.Range(0, 10).Select(_ => _scheduler.Wait(Query(priority: Priority.Background))).ToArray();
        var interactive = Enumerable.Range(0, 40).Select(_ => _scheduler.Wait(Query())).ToArray();

        for (var i = 0; i < 32; i++)
        {
            _scheduler.Release(slot, false, 0);
        }

        Assert.Equal(28, interactive.Count(w => w.IsPlaced()));
        Assert.Equal(4, background.Count(w => w.IsPlaced()));
    }

    [Fact]
    public void A_head_that_fits_nowhere_does_not_hold_up_its_line()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        _scheduler.NodeIsUp("b", null, [Offer()], 0);
        var first = _scheduler.TryPlace(Pool, Query(), 0)!;
        _scheduler.TryPlace(Pool, Query(), 0);
        var picky = _scheduler.Wait(Query() with { Excluded = [first.Node.Id] });
        var easy = _scheduler.Wait(Query());

        _scheduler.Release(first, false, 0);

        Assert.False(picky.IsPlaced());
        Assert.True(easy.IsPlaced());
    }

    [Fact]
    public void Full_queues_refuse()
    {
        var scheduler = new Scheduler(new SchedulingOptions { MaxQueueLength = 3, MaxQueueLengthPerNamespace = 2 }, 1000);
        scheduler.NodeIsUp("a", null, [Offer()], 0);
        var pool = scheduler.FindPool("m")!;
        scheduler.Wait(Query("x"));
        scheduler.Wait(Query("x"));

        Assert.Equal("queue_full", scheduler.MayWait(pool, Query("x"))?.Code);
        Assert.Null(scheduler.MayWait(pool, Query("y")));
        scheduler.Wait(Query("y"));
        Assert.Equal("queue_full", scheduler.MayWait(pool, Query("z"))?.Code);
    }

    [Fact]
    public void Positions_in_the_queue_count_those_ahead()
    {
        _scheduler.NodeIsUp("a", null, [Offer()], 0);
        _scheduler.TryPlace(Pool, Query(), 0);
        var first = _scheduler.Wait(Query());
        var second = _scheduler.Wait(Query());
        var later = _scheduler.Wait(Query(priority: Priority.Background));

        Assert.Equal([0, 1, 2], (int[])[first.Ahead, second.Ahead, later.Ahead]);
        Assert.True(Scheduler.Leave(first));
        Assert.Equal([0, 1], (int[])[second.Ahead, later.Ahead]);
    }
}
