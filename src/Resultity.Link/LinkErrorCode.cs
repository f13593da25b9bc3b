namespace Resultity.Link;

/// <summary>Why a stream was reset or a link was closed. The numbers are part of the wire format.</summary>
public enum LinkErrorCode : ushort
{
    /// <summary>Nothing went wrong: the rest is not needed, or the link ends after a drain.</summary>
    None = 0,

    /// <summary>The other end broke the protocol. Only ever closes a whole link.</summary>
    Protocol = 1,

    /// <summary>The code that served the stream failed.</summary>
    Internal = 2,

    /// <summary>The opener no longer wants the answer.</summary>
    Cancelled = 3,

    /// <summary>Not begun, so safe to send elsewhere: too many streams, or the end is draining.</summary>
    Refused = 4,

    /// <summary>The end takes no new streams and finishes those it has.</summary>
    Draining = 5,

    /// <summary>A frame, header block or body over a limit.</summary>
    TooLarge = 6,

    /// <summary>The peer sent more than it was granted. Only ever closes a whole link.</summary>
    FlowControl = 7,

    /// <summary>Nothing was heard of the peer for too long.</summary>
    Silent = 8,

    /// <summary>The peer may not hold this link: unknown, revoked, or its proof did not hold.</summary>
    Unauthorized = 9,

    /// <summary>A newer process of the same node has taken its place.</summary>
    Superseded = 10,

    /// <summary>The connection under the link ended or failed. Never sent; made locally.</summary>
    Lost = 11,

    /// <summary>What served the stream ended in the middle of it and is being started again.</summary>
    Interrupted = 12,
}
