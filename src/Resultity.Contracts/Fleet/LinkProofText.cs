namespace Resultity.Contracts.Fleet;

/// <summary>The texts that nodes sign. Every field that could be swapped by someone in between is in them.</summary>
public static class LinkProofText
{
    /// <summary>What proves the key on a new connection.</summary>
    public static string Link(LinkChallenge challenge, string nodeId, string session, string authority, string transport)
    {
        ArgumentNullException.ThrowIfNull(challenge);
        return $"resultity-link/{challenge.Version}\n{challenge.GatewayId}\n{challenge.Nonce}\n{challenge.IssuedAt}\n{nodeId}\n{session}\n{authority}\n{transport}";
    }

    /// <summary>What proves the key at enrolment.</summary>
    public static string Enrolment(string joinToken, string publicKey) => $"resultity-enrol\n{joinToken}\n{publicKey}";
}
