using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Resultity.Gateway.Videos;

/// <summary>A finished video as a job keeps it: a line of JSON that says what follows, the video's file, and its thumbnail's.</summary>
/// <param name="RequestId">The request that made it.</param>
/// <param name="Video">The video.</param>
/// <param name="Thumbnail">A frame of it, where the engine gave one.</param>
internal sealed record VideoParcel(string RequestId, MediaFile Video, MediaFile? Thumbnail)
{
    /// <summary>Content type of the whole.</summary>
    public const string ContentType = "application/vnd.resultity.video";

    private const int LongestHead = 1024;

    private static ReadOnlySpan<byte> Beginning => "{\"object\":\"video.parcel\""u8;

    /// <summary>Whether an answer is one.</summary>
    public static bool Is(ReadOnlySpan<byte> answer) => answer.StartsWith(Beginning);

    /// <summary>Packs it.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(LongestHead + Video.Bytes.Length + (Thumbnail?.Bytes.Length ?? 0));
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "video.parcel"u8);
            json.WriteString("request"u8, RequestId);
            json.WriteString("video_type"u8, Video.Type);
            json.WriteNumber("video_bytes"u8, Video.Bytes.Length);
            if (Thumbnail is not null)
            {
                json.WriteString("thumbnail_type"u8, Thumbnail.Type);
                json.WriteNumber("thumbnail_bytes"u8, Thumbnail.Bytes.Length);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
        output.Write(Video.Bytes.Span);
        output.Write(Thumbnail is null ? default : Thumbnail.Bytes.Span);
        return output.WrittenMemory;
    }

    /// <summary>Unpacks one; its files are memory of the answer.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> answer, [NotNullWhen(true)] out VideoParcel? parcel)
    {
        parcel = null;
        if (!Is(answer.Span) || answer.Span[..Math.Min(answer.Length, LongestHead)].IndexOf((byte)'\n') is not (> 0 and var end))
        {
            return false;
        }

        using var head = JsonDocument.Parse(answer[..end]);
        var root = head.RootElement;
        var video = root.GetProperty("video_bytes"u8).GetInt32();
        parcel = new VideoParcel(
            root.GetProperty("request"u8).GetString()!,
            new MediaFile(root.GetProperty("video_type"u8).GetString()!, answer.Slice(end + 1, video)),
            root.TryGetProperty("thumbnail_bytes"u8, out var thumbnail) ? new MediaFile(root.GetProperty("thumbnail_type"u8).GetString()!, answer.Slice(end + 1 + video, thumbnail.GetInt32())) : null);
        return true;
    }
}

/// <summary>A file in memory.</summary>
/// <param name="Type">Its content type.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record MediaFile(string Type, ReadOnlyMemory<byte> Bytes);
