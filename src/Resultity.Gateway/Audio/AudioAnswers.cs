using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Audio;

/// <summary>What answers to audio requests look like, for the published document.</summary>
internal static class AudioAnswers
{
    private static readonly NumberShape Second = new(0, int.MaxValue);

    /// <summary>What was said; the fields beyond text and usage come in the format verbose_json.</summary>
    public static ObjectShape Transcript { get; } = new(
        new Field("text", StringShape.Any) { Required = true },
        new Field("task", new EnumShape("transcribe", "translate")),
        new Field("language", StringShape.Any),
        new Field("duration", Second),
        new Field("segments", new ArrayShape(new ObjectShape(
            new Field("id", new IntegerShape(0, int.MaxValue)) { Required = true },
            new Field("seek", new IntegerShape(0, int.MaxValue)) { Required = true },
            new Field("start", Second) { Required = true },
            new Field("end", Second) { Required = true },
            new Field("text", StringShape.Any) { Required = true },
            new Field("tokens", new ArrayShape(new IntegerShape(0, int.MaxValue))) { Required = true },
            new Field("temperature", Second) { Required = true },
            new Field("avg_logprob", new NumberShape(double.MinValue, 0)) { Required = true },
            new Field("compression_ratio", Second) { Required = true },
            new Field("no_speech_prob", new NumberShape(0, 1)) { Required = true }))),
        new Field("words", new ArrayShape(new ObjectShape(
            new Field("word", StringShape.Any) { Required = true },
            new Field("start", Second) { Required = true },
            new Field("end", Second) { Required = true }))),
        new Field("usage", new ObjectShape(
            new Field("type", new EnumShape("duration")) { Required = true },
            new Field("seconds", new IntegerShape(0, int.MaxValue)) { Required = true }))
        { Required = true });

    /// <summary>Voices that speech can have.</summary>
    public static ObjectShape Voices { get; } = new(
        new Field("object", new EnumShape("list")) { Required = true },
        new Field("data", new ArrayShape(new ObjectShape(
            new Field("id", StringShape.Any) { Required = true },
            new Field("object", new EnumShape("audio.voice")) { Required = true },
            new Field("model", StringShape.Any) { Required = true })))
        { Required = true },
        new Field("has_more", BoolShape.Instance) { Required = true });
}
