using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Link;
using Resultity.Link.Handshake;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Fleet;

/// <summary><c>GET /fleet/v1/link</c>: turns a request into a link, by HTTP Upgrade or WebSocket, once the node has proved its key.</summary>
internal sealed partial class LinkEndpoint(
    LiveFleet fleet, INodeStore store, GatewayIdentity identity, IOptions<FleetOptions> options, TimeProvider time, ILogger<LinkEndpoint> logger)
{
    private static readonly Fault UpgradeNeeded =
        new(FaultKind.InvalidRequest, "upgrade_required", $"This route takes only 'Upgrade: {LinkProtocol.UpgradeToken}' or a WebSocket with that subprotocol.");

    private static readonly Fault Busy = new(FaultKind.Unavailable, "too_many_handshakes", "Too many nodes are linking at once. Try again.");

    private readonly LinkGreeting _greeting = new(identity.GatewayId, [.. options.Value.Authorities], async (id, cancellation) =>
        await store.GetAsync(id, cancellation) is { } node ? new KnownNode(node.PublicKey, node.RevokedAt is not null) : null, time);

    private int _handshakes;

    public async Task HandleAsync(HttpContext context)
    {
        if (TransportOf(context) is not { } transport)
        {
            await FaultWriter.WriteAsync(context, UpgradeNeeded);
            return;
        }
        if (Interlocked.Increment(ref _handshakes) > options.Value.MaxHandshakes)
        {
            Interlocked.Decrement(ref _handshakes);
            await FaultWriter.WriteAsync(context, Busy);
            return;
        }
        var proof = default(Contracts.Fleet.LinkProof);
        var stream = Stream.Null;
        try
        {
            stream = await SwitchAsync(context, transport);
            (proof, var welcome) = await _greeting.ChallengeAsync(stream, transport, context.RequestAborted);
            if (proof is null)
                LogRefused(context.Connection.RemoteIpAddress?.ToString(), welcome.Code);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or LinkHandshakeException or WebSocketException)
        {
            LogHandshakeFailed(context.Connection.RemoteIpAddress?.ToString(), e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
        // Read again after the proof: a revocation between the two is then seen here or cuts the link.
        if (proof is not null && await store.GetAsync(proof.NodeId, context.RequestAborted) is { RevokedAt: null } node)
            await fleet.HoldAsync(node, proof, stream, context.RequestAborted);
        else
            await stream.DisposeAsync();
    }

    private static LinkTransport? TransportOf(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
            return context.WebSockets.WebSocketRequestedProtocols.Contains(LinkProtocol.UpgradeToken) ? LinkTransport.WebSocket : null;
        var asked = string.Equals(context.Request.Headers.Upgrade, LinkProtocol.UpgradeToken, StringComparison.OrdinalIgnoreCase);
        return asked && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } ? LinkTransport.Upgrade : null;
    }

    private static async Task<Stream> SwitchAsync(HttpContext context, LinkTransport transport)
    {
        // A link may say nothing for a while, both ways; its own pings decide whether it lives.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
            requestRate.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
            responseRate.MinDataRate = null;
        if (transport == LinkTransport.WebSocket)
        {
            var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = LinkProtocol.UpgradeToken, KeepAliveInterval = TimeSpan.Zero });
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        context.Response.Headers.Upgrade = LinkProtocol.UpgradeToken;
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    [LoggerMessage(3011, LogLevel.Warning, "A link from {Address} was refused: {Code}")]
    private partial void LogRefused(string? address, string? code);

    [LoggerMessage(3012, LogLevel.Information, "A handshake with {Address} failed: {Reason}")]
    private partial void LogHandshakeFailed(string? address, string reason);
}
