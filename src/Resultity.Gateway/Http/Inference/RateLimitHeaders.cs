using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Serving.Admission;

namespace Resultity.Gateway.Http.Inference;

/// <summary>The <c>x-ratelimit-*</c> headers, as OpenAI's API has them.</summary>
internal static class RateLimitHeaders
{
    /// <summary>Says what the caller has left. A limit that there is not is not mentioned.</summary>
    public static void Write(HttpResponse response, RateLimitState? limits)
    {
        if (limits is not { } state)
        {
            return;
        }

        if (state.LimitRequests > 0)
        {
            Write(response.Headers, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", state.LimitRequests, state.RemainingRequests, state.ResetRequests);
        }

        if (state.LimitTokens > 0)
        {
            Write(response.Headers, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", state.LimitTokens, state.RemainingTokens, state.ResetTokens);
        }
    }

    /// <summary>A time as OpenAI writes it: <c>12ms</c>, <c>7.66s</c>, <c>6m0s</c>.</summary>
    internal static string Text(TimeSpan time)
    {
        var milliseconds = (long)Math.Ceiling(Math.Max(0, time.TotalMilliseconds));
        if (milliseconds < 1000)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        }

        var seconds = milliseconds / 1000m;
        return seconds < 60
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 60}m{seconds % 60:0.###}s");
    }

    private static void Write(IHeaderDictionary headers, string limitName, string remainingName, string resetName, int limit, int remaining, TimeSpan reset)
    {
        headers[limitName] = limit.ToString(CultureInfo.InvariantCulture);
        headers[remainingName] = Math.Max(0, remaining).ToString(CultureInfo.InvariantCulture);
        headers[resetName] = Text(reset);
    }
}
