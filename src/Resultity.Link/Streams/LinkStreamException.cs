namespace Resultity.Link;

/// <summary>A write found its stream gone.</summary>
/// <remarks>Thrown only to writers: who serves a stream stops there. Readers get the <see cref="LinkFault"/> as a value.</remarks>
public sealed class LinkStreamException(LinkFault fault) : IOException(fault.Message)
{
    /// <summary>Why the stream ended.</summary>
    public LinkFault Fault { get; } = fault;
}
