namespace Resultity.Link.Frames;

/// <summary>The peer broke the protocol; carries the reason from the parser to the one place that closes the link.</summary>
internal sealed class LinkProtocolException(LinkErrorCode code, string message) : Exception(message)
{
    public LinkErrorCode Code { get; } = code;
}
