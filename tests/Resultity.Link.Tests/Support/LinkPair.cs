using System.Net;
using System.Net.Sockets;
using Resultity.TestKit.Network;

namespace Resultity.Link.Tests.Support;

/// <summary>Two ends of a link over a real socket, optionally with a proxy between them that can cut and stall.</summary>
internal sealed class LinkPair : IAsyncDisposable
{
    private readonly StallingProxy? _proxy;

    private LinkPair(LinkConnection gateway, LinkConnection node, StallingProxy? proxy)
    {
        (Gateway, Node, _proxy) = (gateway, node, proxy);
        GatewayRun = gateway.RunAsync();
        NodeRun = node.RunAsync();
    }

    public LinkConnection Gateway { get; }

    public LinkConnection Node { get; }

    public StallingProxy Proxy => _proxy!;

    public Task<LinkFault> GatewayRun { get; }

    public Task<LinkFault> NodeRun { get; }

    public static async Task<LinkPair> StartAsync(ILinkHandler? node, ILinkHandler? gateway = null, LinkOptions? options = null, LinkOptions? nodeOptions = null, bool proxied = false)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var proxy = proxied ? new StallingProxy((IPEndPoint)listener.LocalEndPoint!) : null;
        var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connecting = dialled.ConnectAsync(proxy?.EndPoint ?? listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        await connecting;
        accepted.NoDelay = true;
        return new LinkPair(
            new LinkConnection(new NetworkStream(accepted, ownsSocket: true), LinkSide.Acceptor, options ?? new(), gateway, TimeProvider.System),
            new LinkConnection(new NetworkStream(dialled, ownsSocket: true), LinkSide.Dialler, nodeOptions ?? options ?? new(), node, TimeProvider.System),
            proxy);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Node.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }
}
