using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Videos;

/// <summary>Puts a video together from the events that a node answers with.</summary>
/// <remarks>
/// <c>video.progress</c> with <c>progress</c> (0 to 100); <c>video.content.delta</c> with <c>variant</c> (<c>video</c> or <c>thumbnail</c>),
/// <c>content_type</c> and <c>delta</c> (base64); and <c>video.completed</c>, or
/// <c>video.failed</c> with <c>code</c> and <c>message</c>.
/// </remarks>
/// <param name="limit">The most bytes of both files together.</param>
internal sealed class VideoIntake(int limit)
{
    private const int LongestReason = 500;

    private static readonly string[] Types = ["video/mp4", "video/webm", "image/webp", "image/png", "image/jpeg"];

    private readonly Part _video = new();
    private readonly Part _thumbnail = new();
    private bool _completed;

    /// <summary>How far the node has got; <see langword="null"/> if it has not said.</summary>
    public int? Progress { get; private set; }

    /// <summary>Takes an event in.</summary>
    /// <returns>Why it cannot be right; <see langword="null"/> if it can.</returns>
    public Fault? Add(ReadOnlyMemory<byte> data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            var root = document.RootElement;
            switch (root.TryGetProperty("type"u8, out var type) ? type.GetString() : null)
            {
                case "video.progress":
                    Progress = Math.Clamp(root.GetProperty("progress"u8).GetInt32(), 0, 100);
                    return null;
                case "video.content.delta":
                    return Add(root.GetProperty("variant"u8).ValueEquals("thumbnail"u8) ? _thumbnail : _video, root);
                case "video.completed":
                    _completed = true;
                    return null;
                case "video.failed":
                    return new Fault(FaultKind.BadNodeAnswer, Short(root, "code", "video_failed"), Short(root, "message", "The video could not be made."));
                default:
                    // Of a later version; it says nothing that is needed here.
                    return null;
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return Garbled("an event is not as it should be");
        }
    }

    /// <summary>The video, after the last event.</summary>
    public Outcome<VideoParcel> End(string requestId) => _completed && _video.File is { } video
        ? new VideoParcel(requestId, video, _thumbnail.File)
        : Garbled("it ended without a video");

    private Fault? Add(Part part, JsonElement piece)
    {
        var type = piece.GetProperty("content_type"u8).GetString()!;
        if (!Types.Contains(type))
        {
            return Garbled("a file is of no type that clients can be given");
        }

        var bytes = piece.GetProperty("delta"u8).GetBytesFromBase64();
        if (_video.Length + _thumbnail.Length + bytes.Length > limit)
        {
            return new Fault(FaultKind.BadNodeAnswer, "answer_too_large", "The video is larger than the gateway keeps for a request. Ask for a shorter or a smaller one.");
        }

        part.Add(type, bytes);
        return null;
    }

    private static string Short(JsonElement root, string name, string otherwise) =>
        root.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text[..Math.Min(text.Length, LongestReason)] : otherwise;

    private static Fault Garbled(string how) => new(FaultKind.BadNodeAnswer, "bad_node_answer", $"The node's answer cannot be used: {how}.") { OtherNodeMayAnswer = true };

    private sealed class Part
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private string _type = "";

        public int Length => _bytes.WrittenCount;

        public MediaFile? File => Length > 0 ? new MediaFile(_type, _bytes.WrittenMemory) : null;

        public void Add(string type, byte[] bytes)
        {
            _type = type;
            _bytes.Write(bytes);
        }
    }
}
