using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Fleet;

/// <summary>Carries raw streams between the nodes of a sharded model: from a head, under its lease, to the member that holds the layers.</summary>
/// <remarks>
/// Each piece is written on before the next is read, so a member that is slow stops its head, and at most a window of each stream is in memory.
/// </remarks>
internal static class PipeRelay
{
    public static async ValueTask HandleAsync(LinkIncoming incoming, string head, LiveFleet fleet, ShardLeases leases)
    {
        if (incoming.Header(FleetHeaders.Lease) is not { } lease || !leases.TryFind(lease, head, out var member))
        {
            await incoming.RespondAsync(403, null, default, default);
            return;
        }

        if (fleet.LinkOf(member) is not { } link)
        {
            await incoming.RespondAsync(503, null, default, default);
            return;
        }

        var request = new LinkRequest { Method = "CONNECT", Path = FleetPaths.Pipe, Headers = new[] { new LinkHeader(FleetHeaders.Lease, lease) }, Duplex = true };
        await using var exchange = await link.SendAsync(request, incoming.Aborted);
        if (exchange.Status != 200)
        {
            await incoming.RespondAsync(exchange.Status is 0 ? 503 : exchange.Status, null, default, default);
            return;
        }

        await incoming.StartAsync(200, null, default);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(incoming.Aborted);
        var up = CopyAsync(incoming, exchange, stop.Token);
        var down = CopyAsync(exchange, incoming, stop.Token);
        var first = await Task.WhenAny(up, down);
        if (!first.IsCompletedSuccessfully || !await first)
        {
            await stop.CancelAsync();
            incoming.Reject(LinkErrorCode.Internal, "the other node's end of the stream is gone");
        }

        await ((Task)Task.WhenAll(up, down)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Copies one direction. True when it ended in good order.</summary>
    private static async Task<bool> CopyAsync(LinkStream from, LinkStream to, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var read = await from.ReadAsync(cancellation);
                if (read.Fault is not null)
                {
                    return false;
                }

                await to.WriteAsync(read.Memory, cancellation);
                if (read.Ended)
                {
                    to.Complete();
                    return true;
                }
            }
        }
        catch (LinkStreamException)
        {
            return false;
        }
    }
}
