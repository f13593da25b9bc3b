using System.Buffers.Text;
using System.Security.Cryptography;
using Resultity.Contracts.Fleet;
using Resultity.Link.Identity;

namespace Resultity.Link.Handshake;

/// <summary>What the accepting end knows of a node that claims an id.</summary>
/// <param name="PublicKey">The key it enrolled with (SubjectPublicKeyInfo).</param>
/// <param name="Revoked">True when the key no longer counts.</param>
public readonly record struct KnownNode(ReadOnlyMemory<byte> PublicKey, bool Revoked);

/// <summary>The accepting end's half of the handshake: challenges, and checks the proof.</summary>
/// <param name="gatewayId">Who this gateway is.</param>
/// <param name="authorities">Host (and port) under which nodes may have dialled; empty accepts any, since the gateway's id is in the proof as well.</param>
/// <param name="find">Looks a node up by its id; null when it never enrolled.</param>
/// <param name="time">The clock.</param>
public sealed class LinkGreeting(
    string gatewayId, IReadOnlyCollection<string> authorities, Func<string, CancellationToken, ValueTask<KnownNode?>> find, TimeProvider time)
{
    /// <summary>How long after the challenge a proof counts; also bounds the whole handshake.</summary>
    public static TimeSpan ProofLifetime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Challenges the other end. Returns its proof, which held, and has told it so; or null when it was refused and told why.</summary>
    /// <returns>The proof, and the code of the refusal if there was one.</returns>
    /// <exception cref="IOException">The connection ended.</exception>
    /// <exception cref="LinkHandshakeException">The other end sent something else than a proof.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async Task<(LinkProof? Proof, LinkWelcome Welcome)> ChallengeAsync(Stream stream, LinkTransport transport, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ProofLifetime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var challenge = new LinkChallenge(
            LinkProtocol.Version, gatewayId, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), time.GetUtcNow().ToUnixTimeMilliseconds());
        await HandshakeMessages.WriteAsync(stream, challenge, FleetJson.Default.LinkChallenge, both.Token);
        var proof = await HandshakeMessages.ReadAsync(stream, FleetJson.Default.LinkProof, both.Token);
        var welcome = await CheckAsync(challenge, proof, transport, both.Token);
        await HandshakeMessages.WriteAsync(stream, welcome, FleetJson.Default.LinkWelcome, both.Token);
        return (welcome.Accepted ? proof : null, welcome);
    }

    private async ValueTask<LinkWelcome> CheckAsync(LinkChallenge challenge, LinkProof proof, LinkTransport transport, CancellationToken cancellationToken)
    {
        if (proof.Version != LinkProtocol.Version)
            return Refuse("unsupported_version", $"This gateway speaks version {LinkProtocol.Version} of the link protocol, the node version {proof.Version}.");
        if (!HasShape(proof) || proof.Transport != transport.Name())
            return Refuse("bad_proof", "The proof is malformed, or was made for another transport.");
        if (authorities.Count > 0 && !authorities.Contains(proof.Authority, StringComparer.OrdinalIgnoreCase))
            return Refuse("wrong_gateway", $"The node dialled '{proof.Authority}', which is not an address of this gateway.");
        if (time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(challenge.IssuedAt) > ProofLifetime)
            return Refuse("expired", "The proof came too late.");
        if (await find(proof.NodeId, cancellationToken) is not { } node)
            return Refuse("unknown_node", "This node is not enrolled here. Join with a join token first.");
        var text = LinkProofText.Link(challenge, proof.NodeId, proof.Session, proof.Authority, proof.Transport);
        if (!PublicNodeKey.Verify(node.PublicKey.Span, text, proof.Signature) || PublicNodeKey.IdOf(node.PublicKey.Span) != proof.NodeId)
            return Refuse("bad_proof", "The signature does not hold for this node's key.");
        // Told only to who holds the key.
        return node.Revoked ? Refuse("revoked", "This node's key was revoked.") : new LinkWelcome(true);
    }

    private static bool HasShape(LinkProof proof) =>
        proof.NodeId.Length <= 64 && proof.Session.Length is > 0 and <= 64 && proof.Authority.Length is > 0 and <= 300 && proof.Agent.Length <= 100
        && !string.Concat(proof.NodeId, proof.Session, proof.Authority, proof.Agent).Any(char.IsControl);

    private static LinkWelcome Refuse(string code, string message) => new(false, code, message);
}
