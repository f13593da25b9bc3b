namespace Resultity.Gateway.Http.Streaming;

/// <summary>A stretch of a stream's events in pooled memory. Its first event is written whole, so it can be read without what came before.</summary>
internal sealed class EventSegment(byte[] bytes, long first)
{
    /// <summary>The memory.</summary>
    public byte[] Bytes => bytes;

    /// <summary>The number of the first event.</summary>
    public long First => first;

    /// <summary>How many events there are.</summary>
    public int Count { get; set; }

    /// <summary>How many bytes are in use.</summary>
    public int Used { get; set; }
}
