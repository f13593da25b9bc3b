namespace Resultity.Node.Runtimes.Video;

/// <summary>A kind of file that video comes in, known by its first bytes and not by its name.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Demuxer">ffmpeg's name for it.</param>
internal sealed record VideoContainer(string Name, string Demuxer)
{
    /// <summary>What messages say can be sent.</summary>
    public const string Supported = "mp4, mov, webm, mkv and avi";

    private static readonly VideoContainer Mp4 = new("mp4", "mov"), Matroska = new("webm", "matroska"), Avi = new("avi", "avi");

    /// <summary>The kind of a file; <see langword="null"/> where it is none of these.</summary>
    public static VideoContainer? Of(ReadOnlySpan<byte> file) =>
        file.Length < 12 ? null
        : file[4..8].SequenceEqual("ftyp"u8) ? Mp4
        : file.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? Matroska
        : file.StartsWith("RIFF"u8) && file[8..12].SequenceEqual("AVI "u8) ? Avi
        : null;
}
