using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Requests;

/// <summary>What a submission's headers say of how its answer is fetched.</summary>
internal static class PollingHeaders
{
    public const string Retention = "Resultity-Retention";

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
