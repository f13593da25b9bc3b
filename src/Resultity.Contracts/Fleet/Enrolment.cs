namespace Resultity.Contracts.Fleet;

/// <summary>A node asks to be known to a gateway.</summary>
/// <param name="JoinToken">The secret that the operator of the gateway gave out.</param>
/// <param name="PublicKey">The node's P-256 public key as SubjectPublicKeyInfo, base64url.</param>
/// <param name="Name">A name for people, at most 64 characters.</param>
/// <param name="Proof">Signature over <see cref="LinkProofText.Enrolment"/>: whoever enrols a key holds it.</param>
public sealed record EnrolRequest(string JoinToken, string PublicKey, string Name, string Proof);

/// <summary>The gateway's answer to <see cref="EnrolRequest"/>.</summary>
/// <param name="NodeId">The id that the key stands for.</param>
/// <param name="GatewayId">Which gateway (or cluster of gateways) this is; the node's proofs are made for it alone.</param>
public sealed record EnrolResponse(string NodeId, string GatewayId);
