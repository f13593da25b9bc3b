namespace Resultity.Link;

/// <summary>The constants of the wire format, version 1. <c>docs/link-protocol.md</c> is their specification.</summary>
/// <remarks>Changing any of them changes the protocol: raise <see cref="Version"/> with it.</remarks>
public static class LinkProtocol
{
    /// <summary>The version both ends must agree on in the handshake.</summary>
    public const int Version = 1;

    /// <summary>The token of the HTTP <c>Upgrade</c> header, and of <c>Sec-WebSocket-Protocol</c> on the fallback.</summary>
    public const string UpgradeToken = "resultity-link";

    /// <summary>Bytes of a frame before its payload.</summary>
    public const int HeaderSize = 8;

    /// <summary>The most payload bytes one frame may carry.</summary>
    public const int MaxPayload = 32 * 1024;

    /// <summary>The most bytes that a writer puts into one DATA frame, so that streams interleave on a busy link.</summary>
    public const int DataChunk = 16 * 1024;

    /// <summary>Bytes of body each end may send on a new stream before the reader has granted more.</summary>
    /// <remarks>Never less than <see cref="MaxPayload"/>, so the body inside an OPEN or HEAD frame always fits.</remarks>
    public const int InitialWindow = 64 * 1024;

    /// <summary>The most headers (or trailers) in one block.</summary>
    public const int MaxHeaders = 64;

    /// <summary>The most UTF-8 bytes of the text in RESET and GOAWAY.</summary>
    public const int MaxReason = 256;
}
