using System.Threading.Channels;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

/// <summary>What gateways on one database know of each other.</summary>
public sealed class PostgresGatewayTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TestStorage _one;
    private readonly TestStorage _two;

    public PostgresGatewayTests(PostgresFixture server)
    {
        var address = server.NewDatabase();
        (_one, _two) = (TestStorage.PostgresOn(address), TestStorage.PostgresOn(address));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_have_the_identity_of_the_first()
    {
        var first = await _one.Get<IGatewayStore>().SettleIdentityAsync("gw_1", Cancellation);
        Assert.Equal(("gw_1", "gw_1"), (first, await _two.Get<IGatewayStore>().SettleIdentityAsync("gw_2", Cancellation)));
    }

    [Fact]
    public async Task Each_sees_what_the_others_serve_and_since_when_they_are_silent()
    {
        await _one.Get<IGatewayStore>().PutAsync(new PeerGateway("one", ["a"], Now.AddSeconds(-20)), Cancellation);
        await _one.Get<IGatewayStore>().PutAsync(new PeerGateway("one", ["a", "b@lab"], Now.AddSeconds(-5)), Cancellation);
        await _two.Get<IGatewayStore>().PutAsync(new PeerGateway("two", [], Now.AddHours(-1)), Cancellation);
        var seen = Assert.Single(await _two.Get<IGatewayStore>().ListAsync(Now.AddSeconds(-10), Cancellation));
        Assert.Equal(("one", Now.AddSeconds(-5)), (seen.Id, seen.SeenAt));
        Assert.Equal(["a", "b@lab"], seen.Models);
    }

    [Fact]
    public async Task Signals_reach_the_others_and_not_their_sender()
    {
        var heard = Channel.CreateBounded<string>(100_000);
        var echo = 0;
        using var two = _two.Get<IGatewaySignals>().Subscribe("job", text => heard.Writer.TryWrite(text));
        using var one = _one.Get<IGatewaySignals>().Subscribe("job", _ => echo++);
        await UntilHeardAsync(heard.Reader);
        var all = Enumerable.Range(0, 5000).Select(i => $"req_{i:00000000000000000000000000}").ToHashSet();
        foreach (var id in all)
        {
            _one.Get<IGatewaySignals>().Publish("other", id);
            _one.Get<IGatewaySignals>().Publish("job", id);
        }

        while (all.Count > 0)
        {
            all.Remove(await heard.Reader.ReadAsync(Cancellation));
        }

        Assert.Equal(0, echo);
    }

    [Fact]
    public async Task A_subscription_that_has_ended_hears_nothing()
    {
        var heard = Channel.CreateBounded<string>(100_000);
        using var lasting = _two.Get<IGatewaySignals>().Subscribe("job", text => heard.Writer.TryWrite(text));
        var late = 0;
        _two.Get<IGatewaySignals>().Subscribe("job", _ => late++).Dispose();
        await UntilHeardAsync(heard.Reader);
        Assert.Equal(0, late);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    /// <summary>Until both are connected a signal may be lost.</summary>
    private async Task UntilHeardAsync(ChannelReader<string> heard)
    {
        while (!heard.TryRead(out _))
        {
            _one.Get<IGatewaySignals>().Publish("job", "hello");
            await Task.Delay(20, Cancellation);
        }
    }
}
