using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Audio;

/// <summary>The bodies of <c>POST /v1/audio/…</c>, after OpenAI's published schema.</summary>
internal static class AudioBodies
{
    /// <summary>The largest sound file: some hours of compressed speech.</summary>
    public const int LargestFile = 200 * 1024 * 1024;

    private const int LargestForm = LargestFile + (1024 * 1024);

    /// <summary>As at OpenAI.</summary>
    private const int LongestInput = 4096;

    private const int LongestPrompt = 32_000;

    private static readonly FileField File = new("file", LargestFile) { Required = true, Description = "flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm." };

    private static readonly ObjectShape TranscriptionRoot = new(
    [
        .. Common(),
        new("language", new StringShape(1, 32) { Description = "The spoken language (ISO-639-1); without it, it is detected." }.OrNull()),
        new("timestamp_granularities", new ArrayShape(new EnumShape("word", "segment"), 0, 2).OrNull()) { Slot = Slot.TimestampGranularities },
        new("stream", SharedShapes.NullableBool) { Slot = Slot.Stream },
        new("include", new ArrayShape(new EnumShape("logprobs"), 0, 1).OrNull()),
        new("chunking_strategy", new UnionShape([new EnumShape("auto"), AnyShape.Object, NullShape.Instance])),
    ]);

    private static readonly ObjectShape TranslationRoot = new([.. Common(), new("stream", SharedShapes.NullableBool) { Slot = Slot.Stream }]);

    private static readonly ObjectShape SpeechRoot = new(
    [
        SharedShapes.OptionalModel(),
        .. MultimodelShapes.Several(),
        new Field("input", new StringShape(1, LongestInput) { Description = "The text to say." }) { Required = true },
        new Field("voice", new UnionShape([new StringShape(1, 128), new ObjectShape(new Field("id", new StringShape(1, 128)) { Required = true }), NullShape.Instance])),
        new Field("instructions", new StringShape(0, LongestInput).OrNull()),
        new Field("response_format", new EnumShape("mp3", "opus", "aac", "flac", "wav", "pcm").OrNull()),
        new Field("speed", new NumberShape(0.25, 4).OrNull()),
        new Field("stream_format", new EnumShape("audio", "sse").OrNull()) { Slot = Slot.Stream },
    ]);

    /// <summary>What is said in a sound.</summary>
    public static BodyShape Transcription { get; } = new(InferenceEndpoint.Transcriptions, TranscriptionRoot, CheckTimes, NeverText) { Form = new(TranscriptionRoot, LargestForm, File) };

    /// <summary>What is said in a sound, in English.</summary>
    public static BodyShape Translation { get; } = new(InferenceEndpoint.Translations, TranslationRoot, static (ref _) => true, NeverText) { Form = new(TranslationRoot, LargestForm, File) };

    /// <summary>Speech after a text.</summary>
    public static BodyShape Speech { get; } = new(InferenceEndpoint.Speech, SpeechRoot, static (ref _) => true, NeverText);

    private static IEnumerable<Field> Common() =>
    [
        new("file", new StringShape(1) { Description = "A data URL (`data:audio/wav;base64,…`)." }) { Required = true },
        SharedShapes.OptionalModel(),
        .. MultimodelShapes.Several(),
        new("prompt", new StringShape(0, LongestPrompt).OrNull()),
        new("response_format", new EnumShape("json", "text", "srt", "verbose_json", "vtt").OrNull()) { Slot = Slot.ResponseFormat },
        new("temperature", new NumberShape(0, 1).OrNull()),
    ];

    private static bool CheckTimes(ref Scan scan)
    {
        if (!scan.Captures.Get(Slot.TimestampGranularities).HasValue || scan.IsText(Slot.ResponseFormat, "verbose_json"u8))
        {
            return true;
        }

        scan.Fail("invalid_parameter_combination", "Invalid ", ": times are part of the format 'verbose_json' only. Set 'response_format' to it, or leave this out.");
        return scan.Within("timestamp_granularities");
    }

    private static bool NeverText(in Captures captures) => false;
}
