namespace Resultity.Node.Agent;

/// <summary>Which transports a node dials with.</summary>
public enum NodeTransport
{
    /// <summary>HTTP Upgrade first; WebSocket where something answers over HTTP but does not switch.</summary>
    Auto,

    /// <summary>HTTP Upgrade only.</summary>
    Upgrade,

    /// <summary>WebSocket only.</summary>
    WebSocket,
}

/// <summary>How this node joins its gateway and behaves as its node.</summary>
public sealed class NodeOptions
{
    /// <summary>The gateway's base URL.</summary>
    public Uri? Gateway { get; set; }

    /// <summary>Lets the node in the first time; not needed once it is enrolled.</summary>
    public string? JoinToken { get; set; }

    /// <summary>A name for people, at most 64 characters.</summary>
    /// <value>The machine's name.</value>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>Where the node stands, such as <c>eu-west</c>.</summary>
    /// <value>Not said.</value>
    public string? Region { get; set; }

    /// <summary>Subclouds that the node wants to serve; their operators decide.</summary>
    public IList<string> Subclouds { get; } = [];

    /// <summary>The folder for the node's key and what it joined.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Links to hold at once.</summary>
    /// <value>2</value>
    public int Links { get; set; } = 2;

    /// <summary>How to dial.</summary>
    /// <value><see cref="NodeTransport.Auto"/></value>
    public NodeTransport Transport { get; set; } = NodeTransport.Auto;

    /// <summary>Whether answers carry a signed receipt in their trailers. Costs about 100 µs of CPU per request.</summary>
    /// <value>false</value>
    public bool Receipts { get; set; }

    /// <summary>The largest request body taken, in bytes.</summary>
    /// <value>256 MiB, which is more than any endpoint of the gateway takes.</value>
    public int MaxBody { get; set; } = 256 * 1024 * 1024;

    /// <summary>How long a stopping node waits for what runs on it.</summary>
    /// <value>30 seconds</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Limits and timing of links.</summary>
    public Link.LinkOptions Link { get; set; } = new();
}
