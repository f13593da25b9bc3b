namespace Resultity.Link;

/// <summary>Serves the streams that the other end opens.</summary>
public interface ILinkHandler
{
    /// <summary>Serves one stream; called on the thread pool, once per stream, many at a time.</summary>
    /// <remarks>
    /// When the task ends, the stream ends: an answer that was not completed is reset, memory that was lent is taken back.
    /// An exception is logged and resets the stream with <see cref="LinkErrorCode.Internal"/>.
    /// </remarks>
    ValueTask HandleAsync(LinkIncoming incoming);
}
