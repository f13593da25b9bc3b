namespace Resultity.Serving.Admission;

/// <summary>What a caller has left, as the <c>x-ratelimit-*</c> headers tell it. Limits of 0 mean unlimited.</summary>
public readonly record struct RateLimitState(
    int LimitRequests, int RemainingRequests, TimeSpan ResetRequests, int LimitTokens, int RemainingTokens, TimeSpan ResetTokens);
