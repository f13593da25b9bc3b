using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Inference;

/// <summary>What request headers say about how a request is to be run.</summary>
internal static class RequestHints
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>
    /// Whether the request is to become durable: the client wants to fetch the answer later (<c>Prefer: respond-async</c>, RFC 7240), or waits
    /// for it only so long (<c>Prefer: wait=10</c>) and must not lose it then.
    /// </summary>
    public static bool WantsPolling(HttpRequest request) => request.Headers["Prefer"].Count > 0 && (Prefers(request, "respond-async") || Prefers(request, "wait"));

    /// <summary>Whether a preference is among those of the client, with or without a value.</summary>
    public static bool Prefers(HttpRequest request, string preference)
    {
        foreach (var line in request.Headers["Prefer"])
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var part = line.AsSpan()[range].Trim();
                if (part.StartsWith(preference, StringComparison.OrdinalIgnoreCase) && part[preference.Length..].TrimStart() is [] or ['=', ..])
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The instant after which the request is given up (<c>Cancel-After: 90s</c>).</summary>
    public static Outcome<DateTimeOffset?> Deadline(HttpRequest request, TimeProvider time)
    {
        var header = request.Headers["Cancel-After"];
        if (header.Count == 0)
        {
            return (DateTimeOffset?)null;
        }

        return header.Count == 1 && TryParse(header[0], out var after)
            ? time.GetUtcNow() + after
            : Fault.Invalid("The header 'Cancel-After' is not a time this API takes. Expected a number with a unit, such as '90s', '1500ms', '10m' or '2h'.", "Cancel-After");
    }

    /// <summary>The caller's trace context, for the node's spans.</summary>
    public static string? TraceParent(HttpRequest request) => Activity.Current?.Id ?? (
        request.Headers.TraceParent is [{ Length: 55 } given] && ActivityContext.TryParse(given, null, out _) ? given : null);

    private static bool TryParse(string? text, out TimeSpan time)
    {
        var digits = text.AsSpan().Trim();
        var (unit, length) = digits switch
        {
            [.., 'm', 's'] => (TimeSpan.TicksPerMillisecond, 2),
            [.., 's'] => (TimeSpan.TicksPerSecond, 1),
            [.., 'm'] => (TimeSpan.TicksPerMinute, 1),
            [.., 'h'] => (TimeSpan.TicksPerHour, 1),
            _ => (TimeSpan.TicksPerSecond, 0),
        };
        time = default;
        if (!double.TryParse(digits[..^length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number <= 0 || number * unit > Longest.Ticks)
        {
            return false;
        }

        time = TimeSpan.FromTicks((long)(number * unit));
        return true;
    }
}
