namespace Resultity.Link;

/// <summary>Why an exchange, or a whole link, ended without success.</summary>
/// <param name="Code">The reason, as sent by the peer or found here.</param>
/// <param name="Message">One sentence for logs; never contains payload.</param>
/// <param name="LinkEnded">True when the whole link is gone, false when only this stream is.</param>
public sealed record LinkFault(LinkErrorCode Code, string Message, bool LinkEnded)
{
    /// <summary>True when the peer certainly did not begin the work, so sending it again elsewhere repeats nothing.</summary>
    public bool NotBegun => Code is LinkErrorCode.Refused or LinkErrorCode.Draining;

    internal static LinkFault Lost(string message) => new(LinkErrorCode.Lost, message, LinkEnded: true);

    internal static LinkFault Refused(string message) => new(LinkErrorCode.Refused, message, LinkEnded: false);
}
