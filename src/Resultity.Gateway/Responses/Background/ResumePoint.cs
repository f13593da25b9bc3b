using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses.Background;

/// <summary>From which event on a client wants to read a response's events again.</summary>
internal static class ResumePoint
{
    /// <summary>Reads <c>stream</c>, <c>starting_after</c> and <c>Last-Event-ID</c>.</summary>
    /// <returns>The sequence number of the first event wanted; <see langword="null"/> if no events are wanted.</returns>
    public static Outcome<int?> Read(HttpRequest request)
    {
        switch (request.Query["stream"].ToArray())
        {
            case [] or ["false"]:
                return (int?)null;
            case ["true"]:
                break;
            default:
                return Fault.Invalid("Invalid 'stream': expected 'true' or 'false'.", "stream");
        }

        if (request.Query["starting_after"] is [{ } after])
        {
            return int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && sequence < int.MaxValue
                ? sequence + 1
                : Fault.Invalid("Invalid 'starting_after': expected the sequence number of an event.", "starting_after");
        }

        // An event's identifier is one above its sequence number: the number of events that the client has seen.
        return request.Headers["Last-Event-ID"] is [{ } last] && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : 0;
    }
}
