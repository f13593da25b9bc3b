using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Requests;

/// <summary>What a submission's headers say of how its answer is fetched.</summary>
internal static class PollingHeaders
{
    public const string Retention = "Resultity-Retention";

    /// <summary>How long one request may wait for an answer; proxies cut connections that are silent for longer.</summary>
    public const int LongestWait = 60;

    /// <summary>How long the client waits for the answer itself (<c>Prefer: wait=10</c>, RFC 7240, section 4.3).</summary>
    /// <returns>Whole seconds, or <see langword="null"/>. A preference that cannot be understood is ignored, as the RFC has it.</returns>
    public static int? Wait(HttpRequest request)
    {
        foreach (var line in request.Headers["Prefer"])
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var part = line.AsSpan()[range].Trim();
                if (part.StartsWith("wait", StringComparison.OrdinalIgnoreCase)
                    && part[4..].TrimStart() is ['=', .. var value]
                    && int.TryParse(value.Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                {
                    return Math.Min(seconds, LongestWait);
                }
            }
        }

        return null;
    }

    /// <summary>How long the answer is to be kept; zero means until it was read once.</summary>
    public static Outcome<TimeSpan?> KeepFor(HttpRequest request, TimeSpan longest)
    {
        var header = request.Headers[Retention];
        if (header.Count == 0)
        {
            return (TimeSpan?)null;
        }

        return header.Count == 1 && int.TryParse(header[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= longest.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : Fault.Invalid(
                string.Create(CultureInfo.InvariantCulture, $"Invalid header '{Retention}': expected whole seconds from 0 (delete once read) to {(long)longest.TotalSeconds}."),
                Retention);
    }
}
