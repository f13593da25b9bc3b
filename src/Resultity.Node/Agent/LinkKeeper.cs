using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Link.Dialling;
using Resultity.Link.Handshake;

namespace Resultity.Node.Agent;

/// <summary>Keeps one link up: dials, proves, runs, and dials again.</summary>
internal sealed partial class LinkKeeper(
    LinkDialler dialler, Membership membership, NodeIdentity identity, LinkSet links, WorkHandler work,
    IOptions<NodeOptions> options, TimeProvider time, Random random, ILogger<LinkKeeper> logger)
{
    private static readonly TimeSpan DialPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(15);
    private static readonly string Agent = $"resultity/{typeof(LinkKeeper).Assembly.GetName().Version?.ToString(3)}";
    private LinkTransport _transport = options.Value.Transport == NodeTransport.WebSocket ? LinkTransport.WebSocket : LinkTransport.Upgrade;

    /// <summary>Runs until there is nothing left to do; never fails for what the gateway or the network does.</summary>
    /// <param name="session">Random per process.</param>
    /// <param name="draining">Cancelled when no link is to be dialled any more.</param>
    /// <param name="cancellation">Cancelled when the link that stands is to end.</param>
    public async Task RunAsync(string session, CancellationToken draining, CancellationToken cancellation)
    {
        var gateway = options.Value.Gateway!;
        var backoff = new Backoff(time, random);
        while (!draining.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            var wait = await TryAsync(gateway, session, cancellation);
            if (time.GetElapsedTime(began) > Settled)
                backoff.Reset();
            await Task.Delay(wait ?? backoff.Next(), time, draining);
        }
    }

    // One life of a link. Returns how long to wait before the next, or null for the usual.
    private async Task<TimeSpan?> TryAsync(Uri gateway, string session, CancellationToken cancellation)
    {
        try
        {
            var link = await DialAsync(gateway, session, cancellation);
            links.Add(link);
            LogLinked(gateway, _transport.Name());
            try
            {
                var reason = await link.RunAsync(cancellation);
                LogEnded(gateway, reason.Code, reason.Message);
                return reason.Code == LinkErrorCode.Superseded ? LongWait : null;
            }
            finally
            {
                links.Remove(link);
                await link.DisposeAsync();
            }
        }
        catch (LinkDialException e)
        {
            LogDialFailed(e.Message);
            if (!e.RefusedByHttp || options.Value.Transport != NodeTransport.Auto)
                return null;
            _transport = _transport == LinkTransport.Upgrade ? LinkTransport.WebSocket : LinkTransport.Upgrade;
            return null;
        }
        catch (LinkHandshakeException e)
        {
            LogRefused(gateway, e.Code, e.Message);
            // The gateway lost or replaced what it knew: with a join token the node can come back by itself.
            if (e.Code is "unknown_node" or "wrong_gateway" && options.Value.JoinToken is not null)
            {
                membership.Forget();
                return null;
            }
            return LongWait;
        }
        catch (JoinException e)
        {
            LogRefused(gateway, e.Code, e.Message);
            return LongWait;
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            LogDialFailed(e.Message);
            return null;
        }
    }

    private async Task<LinkConnection> DialAsync(Uri gateway, string session, CancellationToken cancellation)
    {
        var gatewayId = await membership.GetGatewayIdAsync(gateway, cancellation);
        using var patience = new CancellationTokenSource(DialPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        var stream = await dialler.DialAsync(gateway, FleetPaths.Link, _transport, both.Token);
        try
        {
            await new LinkIntroduction(identity.Key, gatewayId, session, gateway.Authority, Agent).ProveAsync(stream, _transport, both.Token);
            return new LinkConnection(stream, LinkSide.Dialler, options.Value.Link, work, time, logger);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    [LoggerMessage(4011, LogLevel.Information, "Linked to {Gateway} by {Transport}")]
    private partial void LogLinked(Uri gateway, string transport);

    [LoggerMessage(4012, LogLevel.Information, "A link to {Gateway} ended: {Code}, {Reason}")]
    private partial void LogEnded(Uri gateway, LinkErrorCode code, string reason);

    [LoggerMessage(4013, LogLevel.Warning, "No link: {Reason}")]
    private partial void LogDialFailed(string reason);

    [LoggerMessage(4014, LogLevel.Error, "{Gateway} refused a link ({Code}): {Reason}")]
    private partial void LogRefused(Uri gateway, string code, string reason);
}
