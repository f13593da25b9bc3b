using Resultity.Gateway.Tests.Fleet.Support;
using Resultity.Node.Agent;
using Resultity.Serving;

namespace Resultity.Gateway.Tests.Fleet;

public sealed class NodeLifeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(NodeTransport.Upgrade)]
    [InlineData(NodeTransport.WebSocket)]
    public async Task Node_joins_serves_and_leaves(NodeTransport transport)
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync(), configure: options => options.Transport = transport);
        await gateway.Facts.Becomes(node.NodeId, "up");
        await gateway.Facts.Offers(node.NodeId, "mini");
        Assert.Equal((200, "hello"), await gateway.AskAsync(node.NodeId, "mini", "hello"));
        var large = new string('x', 1_000_000);
        Assert.Equal((200, large), await gateway.AskAsync(node.NodeId, "mini", large));
        await node.StopAsync();
        await gateway.Facts.Becomes(node.NodeId, "gone");
        await Eventually(() => gateway.Fleet.Nodes.Count == 0);
    }

    [Fact]
    public async Task Both_links_of_a_node_carry_requests()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        await Eventually(() => gateway.Fleet.Nodes.Single().Links == 2);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => gateway.AskAsync(node.NodeId, "mini", $"number {i}")));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (200, $"number {i}")), answers);
    }

    [Fact]
    public async Task Changed_offers_arrive_at_once()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Offers(node.NodeId, "mini");
        node.Runtime.Change(ScriptedRuntime.Offer("mini"), ScriptedRuntime.Offer("maxi"));
        await gateway.Facts.Offers(node.NodeId, "mini", "maxi");
        Assert.Equal((200, "hi"), await gateway.AskAsync(node.NodeId, "maxi", "hi"));
    }

    [Fact]
    public async Task Model_that_the_node_dropped_is_refused_for_another_node()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        var outcome = await ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("other", "x"), default);
        Assert.Equal(("node_busy", true), (outcome.Fault!.Code, outcome.Fault.OtherNodeMayAnswer));
    }

    [Fact]
    public async Task Broken_runtime_is_a_fault_that_another_node_may_answer()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        var outcome = await ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("mini", "fail"), default);
        Assert.Equal(("node_failed", true), (outcome.Fault!.Code, outcome.Fault.OtherNodeMayAnswer));
    }

    [Fact]
    public async Task Cancelled_request_stops_the_runtime()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        using var cancel = new CancellationTokenSource();
        var asking = gateway.AskAsync(node.NodeId, "mini", "hold", cancel.Token);
        await node.Runtime.Holding.Task.WaitAsync(Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await node.Runtime.Cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Stopping_node_finishes_its_stream_and_is_out_of_placement()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        var outcome = await ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("mini", "stream"), default);
        Assert.True(outcome.TryGet(out var exchange, out _));
        var stopping = node.StopAsync();
        await gateway.Facts.Becomes(node.NodeId, "draining");
        Assert.False(stopping.IsCompleted);
        node.Runtime.Release.SetResult();
        Assert.Equal("data: 1\n\ndata: [DONE]\n\n", await GatewayHost.ReadAsync(exchange));
        await exchange.DisposeAsync();
        await stopping.WaitAsync(Patience);
        await gateway.Facts.Becomes(node.NodeId, "gone");
    }

    [Fact]
    public async Task Stopping_gateway_finishes_its_stream()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(node.NodeId, "up");
        var outcome = await ((IFleet)gateway.Fleet).SendAsync(node.NodeId, GatewayHost.Order("mini", "stream"), default);
        Assert.True(outcome.TryGet(out var exchange, out _));
        var stopping = gateway.StopAsync();
        node.Runtime.Release.SetResult();
        Assert.Equal("data: 1\n\ndata: [DONE]\n\n", await GatewayHost.ReadAsync(exchange));
        await exchange.DisposeAsync();
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task Restarted_gateway_has_its_node_back_without_a_token()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-gateway-").FullName;
        var first = await GatewayHost.StartAsync(folder);
        var port = first.Url.Port;
        await using var node = await NodeHost.StartAsync(first.Url, await first.MakeTokenAsync(uses: 1));
        await first.Facts.Becomes(node.NodeId, "up");
        await first.StopAsync();
        await first.DisposeAsync();
        await using (var second = await GatewayHost.StartAsync(folder, port))
        {
            await second.Facts.Becomes(node.NodeId, "up");
            Assert.Equal((200, "again"), await second.AskAsync(node.NodeId, "mini", "again"));
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task New_process_of_a_node_replaces_the_old_one()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var old = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        await gateway.Facts.Becomes(old.NodeId, "up");
        await using var fresh = await NodeHost.StartAsync(gateway.Url, null, old.Folder, runtime: new ScriptedRuntime());
        fresh.Runtime.Change(ScriptedRuntime.Offer("fresh"));
        await gateway.Facts.Offers(old.NodeId, "fresh");
        await gateway.Facts.Becomes(old.NodeId, "up");
        await Eventually(() => gateway.Fleet.Nodes.Single().Links == 2);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 2000 && !condition(); i++)
            await Task.Delay(10);
        Assert.True(condition());
    }
}
