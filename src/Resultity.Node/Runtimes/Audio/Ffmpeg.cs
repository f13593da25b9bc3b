using Resultity.Node.Runtimes.Media;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Sound through ffmpeg: any format to samples, and samples to any format.</summary>
internal sealed class Ffmpeg(ChildHost children, AudioLimits limits)
{
    private const string Decoders = "mp3,mp3float,mp2,mp2float,mp1,mp1float,aac,aac_fixed,alac,flac,opus,libopus,vorbis,libvorbis,ac3,eac3,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
        + "pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw,pcm_dvd,adpcm_ms,adpcm_ima_wav,gsm_ms";

    private readonly FfmpegChild _child = new(children, limits.MemoryBytes, limits.Timeout);

    /// <summary>Whether there is an ffmpeg on this node.</summary>
    public static bool IsThere => FfmpegChild.IsThere;

    /// <summary>Decodes a file to 16-bit samples in one channel.</summary>
    /// <param name="path">The file.</param>
    /// <param name="container">What it is.</param>
    /// <param name="rate">Samples per second that are wanted.</param>
    /// <param name="seconds">Most seconds that are given out.</param>
    /// <param name="output">Gets the samples.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, refuses the file, or meets a limit.</exception>
    public Task DecodeAsync(string path, AudioContainer container, int rate, double seconds, Action<ReadOnlySpan<byte>> output, CancellationToken cancellation) => _child.RunAsync(
        [
            "-protocol_whitelist", "file", "-format_whitelist", container.Demuxer, "-codec_whitelist", Decoders, "-f", container.Demuxer, "-i", $"file:{path}",
            "-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", FfmpegChild.Text(rate), "-t", FfmpegChild.Text(seconds), "-f", "s16le", "pipe:1",
        ],
        (long)(seconds + 1) * rate * 2,
        null,
        (piece, _) =>
        {
            output(piece.Span);
            return default;
        },
        cancellation);

    /// <summary>Encodes 16-bit samples in one channel as they come.</summary>
    /// <param name="arguments">The output's codec and container.</param>
    /// <param name="rate">Samples per second.</param>
    /// <param name="feed">Writes the samples.</param>
    /// <param name="output">Gets the file piece by piece.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, lacks the encoder, or meets a limit.</exception>
    public Task EncodeAsync(
        IReadOnlyList<string> arguments, int rate, Func<Stream, CancellationToken, Task> feed, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellation) => _child.RunAsync(
        ["-protocol_whitelist", "pipe", "-probesize", "32", "-analyzeduration", "0", "-f", "s16le", "-ar", FfmpegChild.Text(rate), "-ac", "1", "-i", "pipe:0", "-flush_packets", "1", .. arguments, "pipe:1"],
        1L << 30,
        feed,
        output,
        cancellation);
}
