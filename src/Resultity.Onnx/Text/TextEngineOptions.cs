namespace Resultity.Onnx.Text;

/// <summary>Limits of one engine.</summary>
public sealed record TextEngineOptions
{
    /// <summary>Most sequences computed together.</summary>
    public int Slots { get; init; } = 8;

    /// <summary>Most sequences that wait for a slot; one more is refused.</summary>
    public int QueueLimit { get; init; } = 64;

    /// <summary>Most prompt tokens computed between two steps of the running sequences: what bounds the pause a long prompt makes for the others.</summary>
    public int PrefillChunk { get; init; } = 128;

    /// <summary>Most memory, in bytes, for keys and values of ended sequences, kept for prompts that begin alike. 0 keeps none.</summary>
    public long PrefixCacheBytes { get; init; } = 256L << 20;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Slots, 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(QueueLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefillChunk, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(PrefixCacheBytes);
    }
}
