using Resultity.Link;

namespace Resultity.Gateway.Fleet;

/// <summary>How this gateway deals with its nodes.</summary>
public sealed class FleetOptions
{
    /// <summary>Who this gateway is to its nodes; all gateways of one cluster share it. Nodes prove their keys for it alone.</summary>
    /// <value>Made at first start and kept in <see cref="Folder"/>.</value>
    public string? GatewayId { get; set; }

    /// <summary>Where the made <see cref="GatewayId"/> is kept.</summary>
    /// <value>None: the id is made anew at each start, so nodes have to join again.</value>
    public string? Folder { get; set; }

    /// <summary>Hosts (with port where it is not the scheme's own) under which nodes may dial this gateway.</summary>
    /// <value>Empty: any, since proofs are bound to <see cref="GatewayId"/> as well.</value>
    public IList<string> Authorities { get; } = [];

    /// <summary>Limits and timing of links.</summary>
    public LinkOptions Link { get; set; } = new();

    /// <summary>Without a status for this long a node is not placed on, though its links may live.</summary>
    /// <value>4 seconds</value>
    public TimeSpan StatusTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Links that one node may hold.</summary>
    /// <value>16</value>
    public int MaxLinksPerNode { get; set; } = 16;

    /// <summary>Connections that may be in the handshake at once.</summary>
    /// <value>256</value>
    public int MaxHandshakes { get; set; } = 256;
}
