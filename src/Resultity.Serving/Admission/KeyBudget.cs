using Resultity.Contracts.Values;

namespace Resultity.Serving.Admission;

/// <summary>The rate windows of one key.</summary>
internal sealed class KeyBudget(TimeProvider time)
{
    private readonly Lock _gate = new();
    private RateWindow _requests;
    private RateWindow _tokens;
    private RateLimits _limits;

    /// <param name="limits">The key's limits.</param>
    /// <param name="tokens">What is estimated.</param>
    /// <param name="isBackground">Background requests leave half of the rate to interactive ones.</param>
    public Fault? TryTake(RateLimits limits, int tokens, bool isBackground = false)
    {
        lock (_gate)
        {
            Advance(limits);
            var (needed, neededTokens) = isBackground ? (1 + (limits.RequestsPerMinute / 2), tokens + (limits.TokensPerMinute / 2)) : (1, tokens);
            if (limits.RequestsPerMinute > 0 && !_requests.CanTake(needed))
            {
                return Limited("requests", limits.RequestsPerMinute, _requests.Until(needed));
            }

            if (limits.TokensPerMinute > 0 && !_tokens.CanTake(neededTokens))
            {
                return Limited("tokens", limits.TokensPerMinute, _tokens.Until(neededTokens));
            }

            _requests.Take(1);
            _tokens.Take(tokens);
            return null;
        }
    }

    public void Correct(long tokens)
    {
        lock (_gate)
        {
            if (_limits.TokensPerMinute > 0)
            {
                Advance(_limits);
                _tokens.Take(tokens);
            }
        }
    }

    public RateLimitState Read(RateLimits limits)
    {
        lock (_gate)
        {
            Advance(limits);
            return new RateLimitState(
                limits.RequestsPerMinute, _requests.Remaining, limits.RequestsPerMinute > 0 ? _requests.UntilFull : default,
                limits.TokensPerMinute, _tokens.Remaining, limits.TokensPerMinute > 0 ? _tokens.UntilFull : default);
        }
    }

    private static Fault Limited(string what, int limit, TimeSpan wait) =>
        new(FaultKind.RateLimited, "rate_limit_exceeded", $"Rate limit reached: this key has {limit} {what} per minute. Try again in {Math.Ceiling(wait.TotalSeconds)} s.")
        {
            RetryAfter = wait,
        };

    private void Advance(RateLimits limits)
    {
        _limits = limits;
        var now = time.GetTimestamp();
        _requests.Advance(limits.RequestsPerMinute, now, time.TimestampFrequency);
        _tokens.Advance(limits.TokensPerMinute, now, time.TimestampFrequency);
    }
}
