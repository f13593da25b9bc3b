using System.Security.Cryptography;
using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary>Identifiers of videos. A video's and that of the request which makes it differ in their prefix only, so that one leads to the other.</summary>
internal static class VideoIds
{
    /// <summary>The prefix of a video's identifier.</summary>
    public const string Prefix = "video_";

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int SortableLength = 10;
    private const int RestLength = 16;

    /// <summary>The video that a request makes.</summary>
    public static string OfRequest(string requestId) => string.Concat(Prefix, requestId.AsSpan(Job.IdPrefix.Length));

    /// <summary>The request that makes a video; <see langword="null"/> if this is no identifier of a video.</summary>
    public static string? RequestOf(string? videoId) => Id.Matches(videoId, Prefix) ? string.Concat(Job.IdPrefix, videoId.AsSpan(Prefix.Length)) : null;

    /// <summary>The request that makes the video of a batch's line: the same one each time, so that a line which runs again makes no second video.</summary>
    /// <param name="job">The line's own job, whose time of creation is the batch's.</param>
    /// <param name="lineId">The line.</param>
    public static string RequestOfLine(Job job, string lineId)
    {
        Span<char> body = stackalloc char[SortableLength + RestLength];
        var milliseconds = job.CreatedAt.ToUnixTimeMilliseconds();
        for (var at = SortableLength - 1; at >= 0; at--, milliseconds >>= 5)
        {
            body[at] = Alphabet[(int)(milliseconds & 31)];
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(lineId));
        for (var at = 0; at < RestLength; at++)
        {
            body[SortableLength + at] = Alphabet[hash[at] & 31];
        }

        return string.Concat(Job.IdPrefix, body);
    }
}
