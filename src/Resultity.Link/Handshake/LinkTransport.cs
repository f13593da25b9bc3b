namespace Resultity.Link.Handshake;

/// <summary>How the bytes of a link travel.</summary>
public enum LinkTransport
{
    /// <summary>HTTP/1.1 Upgrade: the bare connection. The lean one.</summary>
    Upgrade,

    /// <summary>WebSocket, binary messages: where a proxy passes nothing else.</summary>
    WebSocket,
}

/// <summary>Names of transports on the wire and in logs.</summary>
public static class LinkTransportNames
{
    /// <summary><c>upgrade</c> or <c>websocket</c>.</summary>
    public static string Name(this LinkTransport transport) => transport == LinkTransport.Upgrade ? "upgrade" : "websocket";
}
