namespace Resultity.Contracts.Fleet;

/// <summary>First message on a new connection, gateway to node: what the node must sign to have a link.</summary>
/// <param name="Version">The link protocol's version.</param>
/// <param name="GatewayId">Who asks.</param>
/// <param name="Nonce">32 random bytes, base64url, made for this connection.</param>
/// <param name="IssuedAt">The gateway's clock, Unix milliseconds. The proof counts only for a few seconds from then, by the same clock.</param>
public sealed record LinkChallenge(int Version, string GatewayId, string Nonce, long IssuedAt);

/// <summary>Second message, node to gateway.</summary>
/// <param name="Version">The link protocol's version.</param>
/// <param name="NodeId">The id that the gateway enrolled.</param>
/// <param name="Session">Random per process of the node: links of one session belong together, a new session replaces the old one.</param>
/// <param name="Authority">Host and port that the node dialled, as in its URL.</param>
/// <param name="Transport"><c>upgrade</c> or <c>websocket</c>.</param>
/// <param name="Agent">Name and version of the node's program, for logs.</param>
/// <param name="Signature">ECDSA P-256 with SHA-256 over <see cref="LinkProofText.Link"/>, base64url of the 64-byte form.</param>
public sealed record LinkProof(int Version, string NodeId, string Session, string Authority, string Transport, string Agent, string Signature);

/// <summary>Third message, gateway to node: the link stands, or why not.</summary>
/// <param name="Accepted">True when frames may follow.</param>
/// <param name="Code">Machine-readable reason of a refusal: <c>unknown_node</c>, <c>revoked</c>, <c>bad_proof</c>, <c>expired</c>, <c>wrong_gateway</c>, <c>unsupported_version</c>.</param>
/// <param name="Message">A sentence for the operator of the node.</param>
public sealed record LinkWelcome(bool Accepted, string? Code = null, string? Message = null);
