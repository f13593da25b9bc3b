using Microsoft.Extensions.Time.Testing;
using Resultity.Node.Agent;

namespace Resultity.Node.Tests.Agent;

public sealed class BackoffTests
{
    [Fact]
    public void Waits_grow_to_a_limit_that_is_low_while_the_outage_is_young()
    {
        var time = new FakeTimeProvider();
        var backoff = new Backoff(time, new Random(1));
        Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 20; i++)
            Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1.5));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.InRange(backoff.Next(), TimeSpan.FromSeconds(7.5), TimeSpan.FromSeconds(15));
        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Nodes_do_not_dial_in_step()
    {
        var waits = Enumerable.Range(0, 100).Select(seed => new Backoff(new FakeTimeProvider(), new Random(seed)).Next()).Distinct().Count();
        Assert.True(waits > 90, $"{waits} different waits");
    }
}
