using System.Globalization;
using System.Text;

namespace Resultity.FakeUpstream;

/// <summary>The videos that clients began and did not delete yet. A video comes one step further each time that it is asked for.</summary>
internal sealed class Videos(Settings settings, Counts counts)
{
    private readonly Dictionary<string, int> _looks = [];
    private int _last;

    /// <summary>The file of a video: bytes that depend on its identifier alone.</summary>
    public static byte[] File(string id, int length)
    {
        var file = new byte[length];
        for (var at = 0; at < length; at++) file[at] = (byte)(at * 31 + id[^1]);
        "\0\0\0\u0018ftypisom"u8.CopyTo(file);
        return file;
    }

    /// <summary>Answers whatever lies at or below <c>/v1/videos</c>; <see langword="null"/> elsewhere.</summary>
    public Answer? AnswerTo(ReadOnlySpan<byte> method, string target)
    {
        var (path, query) = target.Split('?', 2) is [var before, var after] ? (before, after) : (target, "");
        if (path == "/v1/videos") return method.SequenceEqual("POST"u8) ? Begin() : null;
        if (!path.StartsWith("/v1/videos/", StringComparison.Ordinal)) return null;
        var parts = path["/v1/videos/".Length..].Split('/');
        if (!_looks.TryGetValue(parts[0], out var looks)) return Answer.Error(404, "no such video", "invalid_request_error", "video_not_found");
        return parts switch
        {
            [var id] when method.SequenceEqual("DELETE"u8) => Delete(id),
            [var id] when method.SequenceEqual("GET"u8) => Look(id, looks),
            [var id, "content"] when query == "variant=thumbnail" => settings.VideoThumbnail ? Answer.Bytes("image/webp", "RIFF\u0004\0\0\0WEBP"u8) : Answer.Error(404, "no thumbnail", "invalid_request_error"),
            [var id, "content"] => Answer.Bytes("video/mp4", File(id, settings.VideoBytes)),
            _ => null,
        };
    }

    private Answer Begin()
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"video_{++_last}");
        _looks.Add(id, 0);
        counts.Videos = _looks.Count;
        return Object(id, "queued", 0);
    }

    private Answer Look(string id, int looks)
    {
        _looks[id] = ++looks;
        if (looks < settings.VideoLooks) return Object(id, "in_progress", 100 * looks / settings.VideoLooks);
        return settings.VideoFailure.Length == 0 ? Object(id, "completed", 100) : Object(id, "failed", 50, settings.VideoFailure);
    }

    private Answer Delete(string id)
    {
        _looks.Remove(id);
        counts.Videos = _looks.Count;
        return Answer.Json(200, Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","object":"video.deleted","deleted":true}"""));
    }

    private static Answer Object(string id, string status, int progress, string? failure = null)
    {
        var error = failure is null ? "null" : $$"""{"code":"{{failure}}","message":"It was told to say {{failure}}."}""";
        return Answer.Json(200, Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"id":"{{id}}","object":"video","created_at":1700000000,"completed_at":null,"expires_at":null,"status":"{{status}}","progress":{{progress}},"model":"stub-model","prompt":"","seconds":"4","size":"720x1280","remixed_from_video_id":null,"error":{{error}}}""")));
    }
}
