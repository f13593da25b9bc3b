namespace Resultity.Node.Runtimes.Video;

/// <summary>What video may take on this node.</summary>
public sealed record VideoLimits
{
    /// <summary>The longest video that is looked at, in seconds; of longer ones the rest is left out.</summary>
    /// <value>Ten minutes.</value>
    public double MostSeconds { get; init; } = 10 * 60;

    /// <summary>The most pixels of a frame.</summary>
    /// <value>8,912,896: 4096 x 2176.</value>
    public int MostPixels { get; init; } = 4096 * 2176;

    /// <summary>How long decoding or encoding may take.</summary>
    /// <value>Five minutes.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Memory that ffmpeg may map, in bytes, where the system can hold it to that.</summary>
    /// <value>1 GiB</value>
    public long MemoryBytes { get; init; } = 1L << 30;
}
