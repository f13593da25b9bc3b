namespace Resultity.Node.Runtimes.Audio;

/// <summary>How speech is delivered.</summary>
/// <param name="Name">As requests name it.</param>
/// <param name="ContentType">Of the answer.</param>
/// <param name="Encoder">ffmpeg's arguments; null where none is needed.</param>
internal sealed record SpeechFormat(string Name, string ContentType, IReadOnlyList<string>? Encoder)
{
    /// <summary>What OpenAI's pcm has, and what the other formats are made from.</summary>
    public const int Rate = 24_000;

    public static SpeechFormat Wav { get; } = new("wav", "audio/wav", null);

    public static SpeechFormat Pcm { get; } = new("pcm", "audio/pcm", null);

    private static readonly SpeechFormat[] All =
    [
        new("mp3", "audio/mpeg", ["-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"]),
        new("opus", "audio/opus", ["-c:a", "libopus", "-b:a", "32k", "-f", "ogg", "-page_duration", "200000"]),
        new("aac", "audio/aac", ["-c:a", "aac", "-b:a", "64k", "-f", "adts"]),
        new("flac", "audio/flac", ["-c:a", "flac", "-f", "flac"]),
        Wav,
        Pcm,
    ];

    public static SpeechFormat? Find(string name) => Array.Find(All, format => format.Name == name);
}
