using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Agent;

namespace Resultity.Node.Shards;

/// <summary>A port on the head's loopback that stands for one member's engine: each connection to it becomes a raw stream inside a link.</summary>
internal sealed partial class MemberPort : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly LinkSet _links;
    private readonly ServeMember _member;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public MemberPort(LinkSet links, ServeMember member, Random random, ILogger logger)
    {
        (_links, _member, _logger) = (links, member, logger);
        _listener = LoopbackPort.Listen(random);
        Port = LoopbackPort.Of(_listener);
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carrying = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                carrying.RemoveAll(static task => task.IsCompleted);
                carrying.Add(CarryAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The group ends.
        }
        await Task.WhenAll(carrying);
    }

    private async Task CarryAsync(Socket socket)
    {
        using var owned = socket;
        try
        {
            if (_links.Usable is not { } link)
                throw new IOException("the node has no link");
            await using var stream = await link.SendAsync(
                new LinkRequest { Method = "CONNECT", Path = FleetPaths.Pipe, Headers = new[] { new LinkHeader(FleetHeaders.Lease, _member.LeaseId) }, Duplex = true }, _stop.Token);
            if (stream.Status != 200)
                throw new IOException(stream.Fault?.Message ?? $"the gateway answered with status {stream.Status}");
            await StreamPump.RunAsync(socket, stream, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The group ends.
        }
        catch (IOException e)
        {
            LogBroken(_member.NodeId, _member.LeaseId, e.Message);
            // A reset rather than an end in good order, so that the engine sees the loss at once.
            socket.LingerState = new LingerOption(true, 0);
        }
    }

    [LoggerMessage(4233, LogLevel.Warning, "A stream to the member {NodeId} under {LeaseId} broke: {Reason}")]
    private partial void LogBroken(string nodeId, string leaseId, string reason);
}
