using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Images;

/// <summary>Fields and limits that the image endpoints have in common.</summary>
internal static class ImageFields
{
    /// <summary>The largest image file, as at OpenAI.</summary>
    public const int LargestImage = 50 * 1024 * 1024;

    /// <summary>The largest whole form: some images and a mask.</summary>
    public const int LargestForm = 128 * 1024 * 1024;

    /// <summary>The most images that an edit starts from.</summary>
    public const int MostImages = 16;

    private const int LongestPrompt = 32_000;

    /// <summary>A text that says what to make.</summary>
    public static Field Prompt(bool required) => new("prompt", required ? new StringShape(1, LongestPrompt) : new StringShape(0, LongestPrompt).OrNull()) { Required = required };

    /// <summary>How the images come out.</summary>
    public static IEnumerable<Field> Output() =>
    [
        OptionalModel(),
        .. MultimodelShapes.Several(),
        new("n", new IntegerShape(1, 10).OrNull()) { Slot = Slot.N },
        new("size", new StringShape(1, 16) { Description = "Width x height, such as `512x512`, or `auto`.", Characters = "0123456789xauto" }.OrNull()),
        new("quality", new EnumShape("auto", "low", "medium", "high", "standard", "hd").OrNull()),
        new("response_format", new EnumShape("b64_json", "url").OrNull()) { Slot = Slot.ResponseFormat },
        new("output_format", new EnumShape("png", "jpeg", "webp").OrNull()),
        new("output_compression", new IntegerShape(0, 100).OrNull()),
        new("background", new EnumShape("auto", "opaque", "transparent").OrNull()),
        new("user", NullableString),
    ];

    /// <summary>How they are made, beyond OpenAI's fields.</summary>
    public static IEnumerable<Field> Making() =>
    [
        new("seed", new IntegerShape(0, uint.MaxValue).OrNull()),
        new("negative_prompt", new StringShape(0, LongestPrompt).OrNull()),
        new("steps", new IntegerShape(1, 150).OrNull()),
        new("guidance_scale", new NumberShape(0, 50).OrNull()),
        new("scheduler", new EnumShape("ddim", "euler", "euler_a", "dpmpp_2m").OrNull()),
        new("stream", NullableBool) { Slot = Slot.Stream },
        new("partial_images", new IntegerShape(0, 3).OrNull()),
        new("moderation", new EnumShape("auto", "low").OrNull()),
        new("style", new EnumShape("vivid", "natural").OrNull()),
    ];

    /// <summary>What an image's likeness to the first one may be.</summary>
    public static Field Strength() => new("strength", new NumberShape(0, 1) { Description = "How much may change: 0 nothing, 1 everything." }.OrNull());

    /// <summary>A form with the files of an endpoint.</summary>
    public static FormShape Form(ObjectShape json, params FileField[] files) => new(json, LargestForm, files);

    /// <summary>Links stay valid for a while only, and a stream has no place for them.</summary>
    public static bool Check(ref Scan scan)
    {
        if (!scan.Captures.Get(Slot.Stream).IsTrue || !scan.IsText(Slot.ResponseFormat, "url"u8))
        {
            return true;
        }

        scan.Fail("invalid_parameter_combination", "Invalid ", ": streamed images come as 'b64_json'. Leave it out, or do not stream.");
        return scan.Within("response_format");
    }
}
