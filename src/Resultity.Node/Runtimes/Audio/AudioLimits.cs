namespace Resultity.Node.Runtimes.Audio;

/// <summary>What sound may take on this node.</summary>
public sealed record AudioLimits
{
    /// <summary>The longest sound that is heard, in seconds.</summary>
    /// <value>Two hours.</value>
    public double MostSeconds { get; init; } = 2 * 60 * 60;

    /// <summary>How long decoding or encoding may take.</summary>
    /// <value>Five minutes.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Memory that ffmpeg may map, in bytes, where the system can hold it to that.</summary>
    /// <value>1 GiB</value>
    public long MemoryBytes { get; init; } = 1L << 30;
}
