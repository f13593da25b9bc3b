namespace Resultity.Contracts.Values;

/// <summary>What a request consumed. Token counts are the model's own tokens; <see cref="CachedTokens"/> is a part of <see cref="InputTokens"/>.</summary>
public readonly record struct Usage(long InputTokens, long OutputTokens, long CachedTokens = 0)
{
    /// <summary>Images that were made.</summary>
    public long Images { get; init; }

    /// <summary>The length of the audio that was heard or made, in milliseconds.</summary>
    public long AudioMilliseconds { get; init; }

    /// <summary>Input and output together.</summary>
    public long TotalTokens => InputTokens + OutputTokens;

    /// <summary>Adds two usages field by field.</summary>
    public static Usage operator +(Usage left, Usage right) =>
        new(left.InputTokens + right.InputTokens, left.OutputTokens + right.OutputTokens, left.CachedTokens + right.CachedTokens)
        {
            Images = left.Images + right.Images,
            AudioMilliseconds = left.AudioMilliseconds + right.AudioMilliseconds,
        };

    /// <summary>Adds two usages field by field.</summary>
    public static Usage Add(Usage left, Usage right) => left + right;
}
