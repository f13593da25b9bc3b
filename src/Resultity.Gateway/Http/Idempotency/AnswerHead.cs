using Microsoft.AspNetCore.Http;
using Resultity.Serving.Stores;
using Known = Microsoft.Net.Http.Headers.HeaderNames;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>The head of an answer that is kept: what belongs to the answer, without what belongs to one connection or one moment.</summary>
internal static class AnswerHead
{
    /// <summary>Says that an answer was given before.</summary>
    public const string Replayed = "Idempotent-Replayed";

    private const string RateLimit = "x-ratelimit-";

    private static readonly HashSet<string> Momentary = new(StringComparer.OrdinalIgnoreCase)
    {
        Known.Connection, Known.KeepAlive, Known.TransferEncoding,
        Known.Date, Known.Server, Known.Vary,
        Known.AccessControlAllowOrigin, Known.AccessControlExposeHeaders, HeaderNames.ProcessingTime,
    };

    /// <summary>The headers that are kept.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(HttpResponse response) =>
        [.. response.Headers
            .Where(static header => !Momentary.Contains(header.Key) && !header.Key.StartsWith(RateLimit, StringComparison.OrdinalIgnoreCase))
            .Select(static header => KeyValuePair.Create(header.Key, header.Value.ToString()))];

    /// <summary>Gives the head again.</summary>
    public static void Write(HttpResponse response, KeptAnswer head, bool isReplay)
    {
        response.StatusCode = head.Status;
        foreach (var (name, value) in head.Headers)
        {
            response.Headers[name] = value;
        }

        if (isReplay)
        {
            response.Headers[Replayed] = "true";
        }
    }

    /// <summary>Whether the answer is read while it is written.</summary>
    public static bool IsEventStream(KeptAnswer head) => head.Headers.Any(static header =>
        header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) && header.Value.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase));
}
