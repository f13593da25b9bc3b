using System.Diagnostics;
using System.Net;
using Resultity.Gateway.Tests.Fleet.Support;
using Resultity.Link;
using Resultity.Serving;
using Resultity.TestKit.Network;

namespace Resultity.Gateway.Tests.Fleet;

public sealed class SilenceTests
{
    // The timing that ships, not a quicker one: these tests check what is promised to operators.
    private static readonly LinkOptions Shipped = new();

    [Fact]
    public async Task Silent_node_is_out_within_five_seconds_and_back_within_two()
    {
        await using var gateway = await GatewayHost.StartAsync(configure: options => options.Link = Shipped);
        await using var proxy = new StallingProxy(new IPEndPoint(IPAddress.Loopback, gateway.Url.Port));
        await using var node = await NodeHost.StartAsync(new Uri($"http://{proxy.EndPoint}/"), await gateway.MakeTokenAsync(), configure: options => options.Link = Shipped);
        await gateway.Facts.Becomes(node.NodeId, "up");
        var clock = Stopwatch.StartNew();
        proxy.Stall();
        await gateway.Facts.Becomes(node.NodeId, "gone");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"out after {clock.Elapsed}");
        var outcome = await ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("mini", "x"), default);
        Assert.Equal("node_unreachable", outcome.Fault!.Code);
        clock.Restart();
        proxy.Resume();
        await gateway.Facts.Becomes(node.NodeId, "up");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"back after {clock.Elapsed}");
        Assert.Equal((200, "hello"), await gateway.AskAsync(node.NodeId, "mini", "hello"));
    }

    [Fact]
    public async Task Cut_node_is_back_within_two_seconds()
    {
        await using var gateway = await GatewayHost.StartAsync(configure: options => options.Link = Shipped);
        await using var proxy = new StallingProxy(new IPEndPoint(IPAddress.Loopback, gateway.Url.Port));
        await using var node = await NodeHost.StartAsync(new Uri($"http://{proxy.EndPoint}/"), await gateway.MakeTokenAsync(), configure: options => options.Link = Shipped);
        for (var round = 0; round < 5; round++)
        {
            await gateway.Facts.Becomes(node.NodeId, "up");
            proxy.Cut();
            await gateway.Facts.Becomes(node.NodeId, "gone");
            var clock = Stopwatch.StartNew();
            await gateway.Facts.Becomes(node.NodeId, "up");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"back after {clock.Elapsed}");
        }
    }

    [Fact]
    public async Task Request_on_a_cut_link_is_a_fault_that_another_node_may_answer()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var proxy = new StallingProxy(new IPEndPoint(IPAddress.Loopback, gateway.Url.Port));
        await using var node = await NodeHost.StartAsync(new Uri($"http://{proxy.EndPoint}/"), await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        var sending = ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("mini", "hold"), default).AsTask();
        await node.Runtime.Holding.Task.WaitAsync(TimeSpan.FromSeconds(20));
        proxy.Cut();
        var outcome = await sending.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("node_lost", true), (outcome.Fault!.Code, outcome.Fault.OtherNodeMayAnswer));
        await node.Runtime.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
