using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Videos;

/// <summary>The bodies of <c>POST /v1/videos</c> and <c>/v1/videos/description</c>, the first after OpenAI's published schema.</summary>
internal static class VideoBodies
{
    /// <summary>The longest video that can be asked for, in seconds.</summary>
    public const int MostSeconds = 60;

    /// <summary>The largest file of a video.</summary>
    private const int LargestVideo = 100 * 1024 * 1024;

    private const int LargestImage = 50 * 1024 * 1024;
    private const int LongestPrompt = 32_000;
    private const int LargestText = 1024 * 1024;

    private static readonly ObjectShape CreationRoot = new(
        SharedShapes.OptionalModel(),
        new Field("prompt", new StringShape(1, LongestPrompt) { Description = "What the video is to show, and how it moves." }) { Required = true },
        new Field("seconds", new UnionShape([new StringShape(1, 3) { Characters = "0123456789", Description = "The length in whole seconds, such as `4`." }, new IntegerShape(1, MostSeconds), NullShape.Instance])),
        new Field("size", new StringShape(3, 9) { Description = "Width x height in pixels, such as `1280x720`.", Characters = "0123456789x" }.OrNull()),
        new Field("input_reference", new UnionShape([SharedShapes.Image, NullShape.Instance])),
        new Field("output_format", new EnumShape("mp4", "webm").OrNull()),
        new Field("seed", new IntegerShape(0, uint.MaxValue).OrNull()),
        new Field("negative_prompt", new StringShape(0, LongestPrompt).OrNull()),
        new Field("steps", new IntegerShape(1, 150).OrNull()),
        new Field("guidance_scale", new NumberShape(0, 50).OrNull()),
        new Field("fps", new IntegerShape(1, 60).OrNull()),
        new Field("user", SharedShapes.NullableString));

    private static readonly ObjectShape DescriptionRoot = new(
    [
        new Field("video", new StringShape(1) { Description = "A data URL (`data:video/mp4;base64,…`), or the id of an uploaded file." }) { Required = true },
        SharedShapes.OptionalModel(),
        .. MultimodelShapes.Several(),
        new Field("prompt", new StringShape(0, LongestPrompt).OrNull()),
        new Field("language", new StringShape(1, 32).OrNull()),
        new Field("frames", new IntegerShape(1, 32) { Description = "How many frames are looked at." }.OrNull()),
        new Field("transcript", new UnionShape([BoolShape.Instance, NullShape.Instance])),
        new Field("response_format", new EnumShape("json", "text").OrNull()),
        new Field("user", SharedShapes.NullableString),
    ]);

    /// <summary>A video after a text.</summary>
    public static BodyShape Creation { get; } = new(InferenceEndpoint.Videos, CreationRoot, static (ref _) => true, NeverText)
    {
        Form = new(CreationRoot, LargestImage + LargestText, new FileField("input_reference", LargestImage) { Description = "An image that the video begins with." }),
    };

    /// <summary>What a video shows.</summary>
    public static BodyShape Description { get; } = new(InferenceEndpoint.VideoDescription, DescriptionRoot, static (ref _) => true, NeverText)
    {
        Form = new(DescriptionRoot, LargestVideo + LargestText, new FileField("video", LargestVideo) { Required = true, Description = "mp4, mov, webm, mkv or avi." }),
    };

    private static bool NeverText(in Captures captures) => false;
}
