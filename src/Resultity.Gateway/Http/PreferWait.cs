using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Resultity.Gateway.Http;

/// <summary>How long a client waits for the end of what it asks for (<c>Prefer: wait=10</c>, RFC 7240, section 4.3).</summary>
internal static class PreferWait
{
    /// <summary>How long one request may wait, in seconds; proxies cut connections that are silent for longer.</summary>
    public const int Longest = 60;

    /// <summary>Reads the header.</summary>
    /// <returns>Whole seconds, or <see langword="null"/>. A preference that cannot be understood is ignored, as the RFC has it.</returns>
    public static int? Read(HttpRequest request)
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
                    return Math.Min(seconds, Longest);
                }
            }
        }

        return null;
    }
}
