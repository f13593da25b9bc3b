using Resultity.Node.Runtimes.Media;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Video;

/// <summary>Video through ffmpeg: frames to a file that browsers play, and a file to frames.</summary>
internal sealed class VideoTool(ChildHost children, VideoLimits limits)
{
    /// <summary>Frames that are given out have no longer side than this, in pixels.</summary>
    private const int LargestSide = 224;

    private const string Decoders = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,mpeg2video,mpeg1video,mjpeg,theora,h263";

    private readonly FfmpegChild _child = new(children, limits.MemoryBytes, limits.Timeout);

    /// <summary>Encodes frames as they come.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="format">mp4 or webm.</param>
    /// <param name="size">The frames' size in pixels; both sides are even.</param>
    /// <param name="fps">Frames per second.</param>
    /// <param name="feed">Writes the frames: three bytes a pixel, rows from the top.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, lacks the encoder, or meets a limit.</exception>
    public Task EncodeAsync(string path, string format, (int Width, int Height) size, int fps, Func<Stream, CancellationToken, Task> feed, CancellationToken cancellation) => _child.RunAsync(
        [
            "-protocol_whitelist", "pipe", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", $"{size.Width}x{size.Height}", "-framerate", FfmpegChild.Text(fps), "-i", "pipe:0",
            .. (string[])(format == "webm"
                ? ["-c:v", "libvpx", "-b:v", "2M", "-crf", "10", "-deadline", "realtime", "-cpu-used", "8"]

                // What every browser decodes, with the index in front, so that playing begins before the file is whole.
                : ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-movflags", "+faststart"]),
            "-threads", "1", "-pix_fmt", "yuv420p", "-f", format, "-y", $"file:{path}",
        ],
        0,
        feed,
        static (_, _) => default,
        cancellation);

    /// <summary>Decodes frames at even distances.</summary>
    /// <param name="path">The file.</param>
    /// <param name="container">What it is.</param>
    /// <param name="fps">Frames per second that are wanted.</param>
    /// <param name="frames">Gets them.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, refuses the file, or meets a limit.</exception>
    public Task DecodeAsync(string path, VideoContainer container, double fps, PpmFrames frames, CancellationToken cancellation)
    {
        var side = FfmpegChild.Text(LargestSide);
        return _child.RunAsync(
            [
                "-protocol_whitelist", "file", "-format_whitelist", container.Demuxer, "-codec_whitelist", Decoders, "-max_pixels", FfmpegChild.Text(limits.MostPixels), "-f", container.Demuxer,
                "-i", $"file:{path}", "-map", "0:v:0", "-an", "-sn", "-dn", "-t", FfmpegChild.Text(limits.MostSeconds),
                "-vf", $"fps={FfmpegChild.Text(fps)},scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease", "-f", "image2pipe", "-c:v", "ppm", "pipe:1",
            ],
            (long)(((limits.MostSeconds * fps) + 2) * ((LargestSide * LargestSide * 3) + 32)),
            null,
            (piece, _) =>
            {
                frames.Add(piece.Span);
                return default;
            },
            cancellation);
    }
}
