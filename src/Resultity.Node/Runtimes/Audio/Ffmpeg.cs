using System.Globalization;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>ffmpeg as a child that can do nothing but turn one sound into another.</summary>
/// <remarks>
/// It is told which demuxer and codecs it may use, so that playlists and other formats which name further files or addresses are out of reach,
/// has no protocols beyond files and pipes, one thread, and limits on memory, processor time, output and the time on the wall.
/// </remarks>
internal sealed class Ffmpeg(ChildHost children, AudioLimits limits)
{
    private const string Program = "ffmpeg";
    private const string Decoders = "mp3,mp3float,mp2,mp2float,mp1,mp1float,aac,aac_fixed,alac,flac,opus,libopus,vorbis,libvorbis,ac3,eac3,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
        + "pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw,pcm_dvd,adpcm_ms,adpcm_ima_wav,gsm_ms";

    /// <summary>Whether there is an ffmpeg on this node.</summary>
    public static bool IsThere => ProgramPath.Find(Program) is not null;

    /// <summary>Decodes a file to 16-bit samples in one channel.</summary>
    /// <param name="path">The file.</param>
    /// <param name="container">What it is.</param>
    /// <param name="rate">Samples per second that are wanted.</param>
    /// <param name="seconds">Most seconds that are given out.</param>
    /// <param name="output">Gets the samples.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, refuses the file, or meets a limit.</exception>
    public Task DecodeAsync(string path, AudioContainer container, int rate, double seconds, Action<ReadOnlySpan<byte>> output, CancellationToken cancellation) => Run(
        [
            "-protocol_whitelist", "file", "-format_whitelist", container.Demuxer, "-codec_whitelist", Decoders, "-f", container.Demuxer, "-i", $"file:{path}",
            "-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", Text(rate), "-t", Text(seconds), "-f", "s16le", "pipe:1",
        ],
        (long)(seconds + 1) * rate * 2).RunAsync(children, null, (piece, _) =>
        {
            output(piece.Span);
            return default;
        }, cancellation);

    /// <summary>Encodes 16-bit samples in one channel as they come.</summary>
    /// <param name="arguments">The output's codec and container.</param>
    /// <param name="rate">Samples per second.</param>
    /// <param name="feed">Writes the samples.</param>
    /// <param name="output">Gets the file piece by piece.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">ffmpeg is missing, lacks the encoder, or meets a limit.</exception>
    public Task EncodeAsync(
        IReadOnlyList<string> arguments, int rate, Func<Stream, CancellationToken, Task> feed, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellation) => Run(
        ["-protocol_whitelist", "pipe", "-probesize", "32", "-analyzeduration", "0", "-f", "s16le", "-ar", Text(rate), "-ac", "1", "-i", "pipe:0", "-flush_packets", "1", .. arguments, "pipe:1"],
        1L << 30).RunAsync(children, feed, output, cancellation);

    private ProgramRun Run(IReadOnlyList<string> arguments, long mostOutput)
    {
        string[] all = ["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1", "-max_alloc", Text(limits.MemoryBytes / 4), .. arguments];
        // Limits of the system's own, where it has a program that sets them.
        var held = OperatingSystem.IsLinux() ? ProgramPath.Find("prlimit") : null;
        return new ProgramRun
        {
            Program = held ?? Program,
            Arguments = held is null ? all : [$"--as={Text(limits.MemoryBytes)}", $"--cpu={Text(Math.Ceiling(limits.Timeout.TotalSeconds))}", "--core=0", "--", ProgramPath.Find(Program) ?? Program, .. all],
            Timeout = limits.Timeout,
            MaxOutput = mostOutput,
        };
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
