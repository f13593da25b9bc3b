using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Xunit;
using static Resultity.Serving.Tests.Scheduling.Fixtures;

namespace Resultity.Serving.Tests.Scheduling;

/// <summary>Random histories of nodes coming and going and of requests starting, waiting, leaving and ending.</summary>
public sealed class SchedulerPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Slots_are_never_overcommitted_nor_lost_and_nobody_waits_beside_a_free_slot(int seed)
    {
        var random = new Random(seed);
        var scheduler = new Scheduler(new SchedulingOptions(), 1000, seed);
        scheduler.NodeIsUp("n0", null, [Offer(slots: 2)], 0);
        scheduler.NodeIsGone("n0");
        var pool = scheduler.FindPool("m")!;
        var up = new Dictionary<string, int>();
        var running = new List<Instance>();
        var waiting = new List<Waiter>();

        for (var step = 0; step < 2000; step++)
        {
            switch (random.Next(10))
            {
                case 0:
                    var joining = "n" + random.Next(30);
                    up[joining] = random.Next(1, 5);
                    scheduler.NodeIsUp(joining, null, [Offer(slots: up[joining])], step);
                    break;
                case 1 when up.Count > 0:
                    var leaving = up.Keys.ElementAt(random.Next(up.Count));
                    up.Remove(leaving);
                    scheduler.NodeIsGone(leaving);
                    break;
                case < 6:
                    var query = Query("ns" + random.Next(5), (Priority)random.Next(2), random.Next(1, 4), prefix: (ulong)random.Next(20));
                    if (scheduler.TryPlace(pool, query, step) is { } placed)
                    {
                        running.Add(placed);
                    }
                    else
                    {
                        waiting.Add(scheduler.Wait(query));
                        scheduler.PlaceWaiting(pool, step);
                    }

                    break;
                case 6 when waiting.Count > 0:
                    var impatient = waiting[random.Next(waiting.Count)];
                    if (Scheduler.Leave(impatient))
                    {
                        waiting.Remove(impatient);
                    }

                    break;
                default:
                    if (running.Count > 0)
                    {
                        var ending = random.Next(running.Count);
                        scheduler.Release(running[ending], random.Next(8) == 0, step);
                        running.RemoveAt(ending);
                    }

                    break;
            }

            foreach (var waiter in waiting.Where(w => w.IsPlaced()).ToArray())
            {
                waiting.Remove(waiter);
                running.Add(waiter.PlacedOn()!);
            }

            foreach (var group in running.GroupBy(instance => instance))
            {
                Assert.Equal(group.Count(), group.Key.Running);
            }

            Assert.All(pool.Instances, instance => Assert.InRange(instance.Running, 0, 4));
            Assert.Equal(waiting.Count, pool.Waiting);
            Assert.Equal(pool.Instances.Count(i => i.HasFreeSlot), pool.Available.Length);
            Assert.True(waiting.Count == 0 || pool.Available.Length == 0, "somebody waits beside a free slot");
        }

        foreach (var instance in running)
        {
            scheduler.Release(instance, false, 0);
        }

        var placedMeanwhile = waiting.Select(waiter => waiter.PlacedOn()).ToLookup(instance => instance);
        Assert.All(pool.Instances, instance => Assert.Equal(placedMeanwhile[instance].Count(), instance.Running));
    }

    [Fact]
    public void A_decision_that_places_nothing_allocates_nothing()
    {
        var scheduler = new Scheduler(new SchedulingOptions(), 1000);
        for (var node = 0; node < 1000; node++)
        {
            scheduler.NodeIsUp("n" + node, null, [.. Enumerable.Range(0, 10).Select(m => Offer("m" + m, slots: 1))], 0);
        }

        var pool = scheduler.FindPool("m0")!;
        var query = Query(model: "m0");
        while (scheduler.TryPlace(pool, query, 0) is not null)
        {
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Assert.Null(scheduler.TryPlace(pool, query, 0));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
