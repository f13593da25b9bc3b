using Resultity.Gateway.Tests.Fleet.Support;
using Resultity.Node.Agent;
using Resultity.TestKit.Network;

namespace Resultity.Gateway.Tests.Fleet;

public sealed class NginxTests
{
    [Theory]
    [InlineData(NodeTransport.Upgrade, false)]
    [InlineData(NodeTransport.WebSocket, false)]
    [InlineData(NodeTransport.Auto, true)]
    public async Task Node_links_through_nginx(NodeTransport transport, bool onlyWebSocket)
    {
        if (NginxProcess.Program is null && !NginxProcess.Required)
            Assert.Skip("nginx is not installed; RESULTITY_CI=1 makes this a failure.");
        await using var gateway = await GatewayHost.StartAsync();
        await using var nginx = await NginxProcess.StartAsync(gateway.Url, onlyWebSocket);
        await using var node = await NodeHost.StartAsync(nginx.Address, await gateway.MakeTokenAsync(), configure: options => options.Transport = transport);
        await gateway.Facts.Becomes(node.NodeId, "up");
        var large = new string('x', 500_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => gateway.AskAsync(node.NodeId, "mini", i == 7 ? large : $"number {i}")));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (200, i == 7 ? large : $"number {i}")), answers);
    }
}
