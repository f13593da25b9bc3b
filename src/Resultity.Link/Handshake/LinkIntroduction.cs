using Resultity.Contracts.Fleet;
using Resultity.Link.Identity;

namespace Resultity.Link.Handshake;

/// <summary>The dialling end's half of the handshake: proves the node's key to one gateway.</summary>
/// <param name="Key">The node's key.</param>
/// <param name="GatewayId">The gateway that the node enrolled with; a proof is made for no other.</param>
/// <param name="Session">Random per process.</param>
/// <param name="Authority">Host and port that were dialled.</param>
/// <param name="Agent">Name and version of the program.</param>
public sealed record LinkIntroduction(NodeKey Key, string GatewayId, string Session, string Authority, string Agent)
{
    /// <summary>Answers the gateway's challenge; returns when the gateway accepted.</summary>
    /// <exception cref="LinkHandshakeException">Either end refused.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task ProveAsync(Stream stream, LinkTransport transport, CancellationToken cancellationToken)
    {
        var challenge = await HandshakeMessages.ReadAsync(stream, FleetJson.Default.LinkChallenge, cancellationToken);
        if (challenge.Version != LinkProtocol.Version)
            throw new LinkHandshakeException("unsupported_version", $"The gateway speaks version {challenge.Version} of the link protocol, this node version {LinkProtocol.Version}.");
        // A signature for another gateway than the one that was joined could be used there by whoever answers here.
        if (challenge.GatewayId != GatewayId)
            throw new LinkHandshakeException("wrong_gateway", $"The gateway calls itself '{challenge.GatewayId}', but this node joined '{GatewayId}'.");
        var text = LinkProofText.Link(challenge, Key.NodeId, Session, Authority, transport.Name());
        var proof = new LinkProof(LinkProtocol.Version, Key.NodeId, Session, Authority, transport.Name(), Agent, Key.Sign(text));
        await HandshakeMessages.WriteAsync(stream, proof, FleetJson.Default.LinkProof, cancellationToken);
        var welcome = await HandshakeMessages.ReadAsync(stream, FleetJson.Default.LinkWelcome, cancellationToken);
        if (!welcome.Accepted)
            throw new LinkHandshakeException(welcome.Code ?? "refused", welcome.Message ?? "The gateway refused the link.");
    }
}
