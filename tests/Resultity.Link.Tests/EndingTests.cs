using Resultity.Link.Tests.Support;

namespace Resultity.Link.Tests;

public sealed class EndingTests
{
    private static readonly LinkOptions Quick = new()
    {
        PingInterval = TimeSpan.FromMilliseconds(50),
        SilentAfter = TimeSpan.FromMilliseconds(200),
        DeadAfter = TimeSpan.FromMilliseconds(600),
    };

    [Fact]
    public async Task Cut_connection_fails_what_runs_and_says_so_at_both_ends()
    {
        var aborted = new TaskCompletionSource();
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            using var registration = incoming.Aborted.Register(() => aborted.TrySetResult());
            await incoming.StartAsync(200, null, default);
            await incoming.WriteAsync("part"u8.ToArray());
            await aborted.Task;
        }), proxied: true);
        await using var streaming = await pair.Gateway.SendAsync(Reading.Post("/a"));
        Assert.Equal(4, (await streaming.ReadAsync()).Memory.Length);
        pair.Proxy.Cut();
        var read = await streaming.ReadAsync().AsTask().WaitAsync(Reading.Patience);
        Assert.False(read.Ended);
        Assert.True(read.Fault!.LinkEnded);
        await aborted.Task.WaitAsync(Reading.Patience);
        Assert.Equal(LinkErrorCode.Lost, (await pair.GatewayRun.WaitAsync(Reading.Patience)).Code);
        Assert.Equal(LinkErrorCode.Lost, (await pair.NodeRun.WaitAsync(Reading.Patience)).Code);
        await using var late = await pair.Gateway.SendAsync(Reading.Post("/b"));
        Assert.True(late.Fault!.LinkEnded);
    }

    [Fact]
    public async Task Silent_peer_is_reported_and_heard_again()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, options: Quick with { DeadAfter = TimeSpan.FromMinutes(1) }, proxied: true);
        var silent = new TaskCompletionSource();
        var heard = new TaskCompletionSource();
        pair.Gateway.SilenceChanged += (_, isSilent) => (isSilent ? silent : heard).TrySetResult();
        pair.Proxy.Stall();
        await silent.Task.WaitAsync(Reading.Patience);
        Assert.True(pair.Gateway.Silent);
        pair.Proxy.Resume();
        await heard.Task.WaitAsync(Reading.Patience);
        Assert.False(pair.Gateway.Silent);
        await using var exchange = await pair.Gateway.SendAsync(Reading.Post("/echo", "back"));
        Assert.Equal("back", await exchange.ReadTextAsync());
    }

    [Fact]
    public async Task Dead_peer_ends_the_link_at_both_ends()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, options: Quick, proxied: true);
        pair.Proxy.Stall();
        Assert.Equal(LinkErrorCode.Silent, (await pair.GatewayRun.WaitAsync(Reading.Patience)).Code);
        Assert.Equal(LinkErrorCode.Silent, (await pair.NodeRun.WaitAsync(Reading.Patience)).Code);
    }

    [Fact]
    public async Task Drain_finishes_what_runs_and_takes_nothing_new()
    {
        var finish = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            began.TrySetResult();
            await finish.Task;
            await incoming.RespondAsync(200, "text/plain", default, "done"u8.ToArray());
        }));
        var draining = new TaskCompletionSource();
        pair.Gateway.PeerDraining += _ => draining.TrySetResult();
        var running = pair.Gateway.SendAsync(Reading.Post("/long")).AsTask();
        await began.Task.WaitAsync(Reading.Patience);
        var drain = pair.Node.DrainAsync();
        await draining.Task.WaitAsync(Reading.Patience);
        await using (var refused = await pair.Gateway.SendAsync(Reading.Post("/new")))
            Assert.True(refused.Fault!.NotBegun);
        Assert.False(drain.IsCompleted);
        finish.SetResult();
        await using var exchange = await running.WaitAsync(Reading.Patience);
        Assert.Equal("done", await exchange.ReadTextAsync());
        await drain.WaitAsync(Reading.Patience);
        Assert.Equal(LinkErrorCode.None, (await pair.GatewayRun.WaitAsync(Reading.Patience)).Code);
    }

    [Fact]
    public async Task Close_gives_its_reason_to_the_peer()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo);
        pair.Gateway.Close(LinkErrorCode.Unauthorized, "the key was revoked");
        var fault = await pair.NodeRun.WaitAsync(Reading.Patience);
        Assert.Equal((LinkErrorCode.Unauthorized, "the key was revoked"), (fault.Code, fault.Message));
    }

    [Fact]
    public async Task Round_trip_is_measured()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, options: Quick);
        await Eventually.Is(() => pair.Gateway.RoundTrip > TimeSpan.Zero && pair.Node.RoundTrip > TimeSpan.Zero, true);
    }
}
