namespace Resultity.Serving.Admission;

/// <summary>Limits per minute; 0 means unlimited.</summary>
public readonly record struct RateLimits(int RequestsPerMinute, int TokensPerMinute)
{
    /// <summary>No limit.</summary>
    public static RateLimits None => default;
}
