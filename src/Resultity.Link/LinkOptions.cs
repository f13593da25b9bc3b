namespace Resultity.Link;

/// <summary>Which end of the connection this is; decides whose stream ids are odd.</summary>
public enum LinkSide
{
    /// <summary>The end that dialled (a node). Opens odd stream ids.</summary>
    Dialler,

    /// <summary>The end that was dialled (a gateway). Opens even stream ids.</summary>
    Acceptor,
}

/// <summary>Limits and timing of one link.</summary>
public sealed record LinkOptions
{
    /// <summary>Streams the peer may have open at once; more are refused.</summary>
    /// <value>16,384</value>
    public int MaxIncomingStreams { get; init; } = 16_384;

    /// <summary>The window a stream may grow to while its reader keeps up; bounds the memory of one stream.</summary>
    /// <value>1 MiB</value>
    public int MaxWindow { get; init; } = 1024 * 1024;

    /// <summary>Bytes waiting to be sent above which writers wait.</summary>
    /// <value>256 KiB</value>
    public int SendHighWater { get; init; } = 256 * 1024;

    /// <summary>Bytes waiting to be sent above which the link is closed: a peer that makes us answer and does not read.</summary>
    /// <value>8 MiB</value>
    public int SendLimit { get; init; } = 8 * 1024 * 1024;

    /// <summary>How often the link looks at itself, and pings when nothing was heard since the last look.</summary>
    /// <value>1 second</value>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which the peer is reported silent, so that nothing new is sent its way.</summary>
    /// <value>3 seconds</value>
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Silence after which the link is closed and what runs on it has failed.</summary>
    /// <value>10 seconds</value>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a close waits for its last frames to leave.</summary>
    /// <value>1 second</value>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
