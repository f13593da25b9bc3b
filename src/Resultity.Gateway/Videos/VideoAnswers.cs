using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Videos;

/// <summary>What answers to video requests look like, for the published document.</summary>
internal static class VideoAnswers
{
    private static readonly IntegerShape Time = new(0, long.MaxValue);
    private static readonly IntegerShape Count = new(0, int.MaxValue);

    /// <summary>A video.</summary>
    public static ObjectShape Video { get; } = new(
        new Field("id", StringShape.Any) { Required = true },
        new Field("object", new EnumShape("video")) { Required = true },
        new Field("model", StringShape.Any) { Required = true },
        new Field("status", new EnumShape("queued", "in_progress", "completed", "failed")) { Required = true },
        new Field("progress", new IntegerShape(0, 100)) { Required = true },
        new Field("created_at", Time) { Required = true },
        new Field("completed_at", Time.OrNull()) { Required = true },
        new Field("expires_at", Time.OrNull()) { Required = true },
        new Field("prompt", StringShape.Any) { Required = true },
        new Field("seconds", StringShape.Any) { Required = true },
        new Field("size", StringShape.Any) { Required = true },
        new Field("remixed_from_video_id", StringShape.Any.OrNull()) { Required = true },
        new Field("error", new ObjectShape(new Field("code", StringShape.Any) { Required = true }, new Field("message", StringShape.Any) { Required = true }).OrNull()) { Required = true });

    /// <summary>What a video shows.</summary>
    public static ObjectShape Description { get; } = new(
        new Field("created", Time) { Required = true },
        new Field("model", StringShape.Any),
        new Field("duration", new NumberShape(0, int.MaxValue)),
        new Field("data", new ArrayShape(new ObjectShape(
            new Field("text", StringShape.Any) { Required = true },
            new Field("motion", StringShape.Any.OrNull()),
            new Field("frames", new ArrayShape(new ObjectShape(
                new Field("time", new NumberShape(0, int.MaxValue)) { Required = true },
                new Field("text", StringShape.Any) { Required = true }))),
            new Field("transcript", StringShape.Any.OrNull()))))
        { Required = true },
        new Field("usage", new ObjectShape(
            new Field("input_tokens", Count) { Required = true },
            new Field("output_tokens", Count) { Required = true },
            new Field("total_tokens", Count) { Required = true }))
        { Required = true });
}
