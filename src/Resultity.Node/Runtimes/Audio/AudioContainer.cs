namespace Resultity.Node.Runtimes.Audio;

/// <summary>A kind of file that sound comes in, known by its first bytes and not by its name.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Demuxer">ffmpeg's name for it.</param>
internal sealed record AudioContainer(string Name, string Demuxer)
{
    /// <summary>What messages say can be sent.</summary>
    public const string Supported = "flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav and webm";

    private static readonly AudioContainer Wav = new("wav", "wav"), Flac = new("flac", "flac"), Ogg = new("ogg", "ogg"), Matroska = new("webm", "matroska"),
        Mp4 = new("mp4", "mov"), Mp3 = new("mp3", "mp3"), Aac = new("aac", "aac"), Mpeg = new("mpeg", "mpeg");

    public bool IsWav => this == Wav;

    /// <summary>The kind of a file; null where it is none of these.</summary>
    public static AudioContainer? Of(ReadOnlySpan<byte> file)
    {
        if (file.Length < 12) return null;
        if (Resultity.Onnx.Speech.Sound.WavReader.IsWav(file)) return Wav;
        if (file.StartsWith("fLaC"u8)) return Flac;
        if (file.StartsWith("OggS"u8)) return Ogg;
        if (file.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3])) return Matroska;
        if (file[4..8].SequenceEqual("ftyp"u8)) return Mp4;
        if (file.StartsWith("ID3"u8)) return Mp3;
        if (file.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xBA])) return Mpeg;
        // A frame's first eleven bits are set; the two for the layer tell MPEG audio from AAC, where they are zero.
        if (file[0] != 0xFF || (file[1] & 0xE0) != 0xE0) return null;
        if ((file[1] & 0xF6) == 0xF0) return Aac;
        var valid = (file[1] & 0x18) != 0x08 && (file[1] & 0x06) != 0 && (file[2] & 0xF0) != 0xF0 && (file[2] & 0x0C) != 0x0C;
        return valid ? Mp3 : null;
    }
}
