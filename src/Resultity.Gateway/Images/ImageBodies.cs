using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Images.ImageFields;

namespace Resultity.Gateway.Images;

/// <summary>The bodies of <c>POST /v1/images/…</c>, after OpenAI's published schema and the extensions that diffusion servers share.</summary>
internal static class ImageBodies
{
    private static readonly ObjectShape GenerationRoot = new([Prompt(required: true), .. Output(), .. Making()]);

    private static readonly ObjectShape EditRoot = new(
    [
        new("image", new UnionShape([SharedShapes.Image, new ArrayShape(SharedShapes.Image, 1, MostImages)])),
        new("images", new ArrayShape(SharedShapes.Image, 1, MostImages)),
        new("mask", SharedShapes.Image.OrNull()),
        Prompt(required: true),
        new("input_fidelity", new EnumShape("high", "low").OrNull()),
        Strength(),
        .. Output(),
        .. Making(),
    ])
    {
        OneOf = ["image", "images"],
    };

    private static readonly ObjectShape VariationRoot = new([new("image", SharedShapes.Image) { Required = true }, Prompt(required: false), Strength(), .. Output(), .. Making()]);

    private static readonly ObjectShape DescriptionRoot = new(
    [
        new("image", SharedShapes.Image) { Required = true },
        SharedShapes.OptionalModel(),
        .. MultimodelShapes.Several(),
        Prompt(required: false),
        new("kind", new EnumShape("caption", "tags", "ocr", "json").OrNull()),
        new("detail", new EnumShape("auto", "low", "high").OrNull()),
        new("language", new StringShape(1, 32).OrNull()),
        new("n", new IntegerShape(1, 10).OrNull()) { Slot = Slot.N },
        new("max_tokens", new IntegerShape(1, int.MaxValue).OrNull()) { Slot = Slot.MaxTokens },
        new("temperature", new NumberShape(0, 2).OrNull()),
        new("seed", new IntegerShape(long.MinValue, long.MaxValue).OrNull()),
        new("response_format", new EnumShape("json", "text").OrNull()),
        new("stream", SharedShapes.NullableBool) { Slot = Slot.Stream },
        new("user", SharedShapes.NullableString),
    ]);

    /// <summary>Images after a text.</summary>
    public static BodyShape Generation { get; } = new(InferenceEndpoint.ImageGenerations, GenerationRoot, Check, NeverText) { Form = Form(GenerationRoot) };

    /// <summary>Images after an image and a text.</summary>
    public static BodyShape Edit { get; } = new(InferenceEndpoint.ImageEdits, EditRoot, Check, NeverText)
    {
        Form = Form(
            EditRoot,
            new FileField("image", LargestImage) { Required = true, MaxCount = MostImages, Description = "The image to start from." },
            new FileField("mask", LargestImage) { Description = "A png; what is transparent in it is made anew." }),
    };

    /// <summary>Images after an image.</summary>
    public static BodyShape Variation { get; } = new(InferenceEndpoint.ImageVariations, VariationRoot, Check, NeverText)
    {
        Form = Form(VariationRoot, new FileField("image", LargestImage) { Required = true, Description = "The image to vary." }),
    };

    /// <summary>What an image shows.</summary>
    public static BodyShape Description { get; } = new(InferenceEndpoint.ImageDescription, DescriptionRoot, static (ref _) => true, NeverText)
    {
        Form = Form(DescriptionRoot, new FileField("image", LargestImage) { Required = true, Description = "The image to describe." }),
    };

    private static bool NeverText(in Captures captures) => false;
}
