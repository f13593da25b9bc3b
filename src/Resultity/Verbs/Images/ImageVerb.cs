using System.CommandLine;
using System.Globalization;
using Resultity.Cli;

namespace Resultity.Verbs.Images;

/// <summary><c>resultity image</c>: make images, of words or of other images.</summary>
internal sealed class ImageVerb : Verb
{
    public ImageVerb(Terminal terminal)
        : base(terminal, "image", "Make images: of a prompt, or of other images.")
    {
        Add(new ImageGenerateVerb(terminal));
        Add(new ImageEditVerb(terminal));
        Add(new ImageVaryVerb(terminal));
        Examples =
        [
            ("resultity image generate \"a red circle on a white background\"", "writes a-red-circle-on-a-white-background.png and prints its name"),
            ("resultity image edit photo.png \"a blue square\" --mask mask.png -o new.png", "changes what is transparent in the mask"),
        ];
    }
}

/// <summary><c>resultity image generate</c>.</summary>
internal sealed class ImageGenerateVerb : Verb
{
    private readonly Argument<string> _prompt = new("prompt") { Description = "What the image is to show" };
    private readonly ImageMaking _making;

    public ImageGenerateVerb(Terminal terminal)
        : base(terminal, "generate", "Make images of a prompt.")
    {
        Add(_prompt);
        _making = new ImageMaking(this, terminal);
        Examples =
        [
            ("resultity image generate \"a red circle\" -n 4 --seed 7", "four images with the seeds 7 to 10"),
            ("resultity image generate \"a red circle\" -o circle.webp --size 256x256", "the file's name decides the format"),
        ];
        Runs((parsed, cancellation) => _making.RunAsync(parsed, "v1/images/generations", parsed.GetRequiredValue(_prompt), static _ => { }, cancellation));
    }
}

/// <summary><c>resultity image edit</c>.</summary>
internal sealed class ImageEditVerb : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "The file to start from" };
    private readonly Argument<string> _prompt = new("prompt") { Description = "What the image is to show" };
    private readonly Option<string?> _mask = new("--mask") { Description = "A png; what is transparent in it is made anew", HelpName = "file" };
    private readonly Option<double?> _strength = new("--strength") { Description = "How much may change: 0 nothing, 1 everything", HelpName = "0-1" };
    private readonly ImageMaking _making;

    public ImageEditVerb(Terminal terminal)
        : base(terminal, "edit", "Make images of an image and a prompt.")
    {
        Add(_image);
        Add(_prompt);
        Add(_mask);
        Add(_strength);
        _making = new ImageMaking(this, terminal);
        Examples = [("resultity image edit circle.png \"a blue circle\" --strength 0.9", "keeps the picture's layout, changes the rest")];
        Runs((parsed, cancellation) => _making.RunAsync(
            parsed,
            "v1/images/edits",
            parsed.GetRequiredValue(_prompt),
            form =>
            {
                form.Add(ImageFile.Read(parsed.GetRequiredValue(_image)), "image", Path.GetFileName(parsed.GetRequiredValue(_image)));
                if (parsed.GetValue(_mask) is { } mask) form.Add(ImageFile.Read(mask), "mask", Path.GetFileName(mask));
                if (parsed.GetValue(_strength) is { } strength) form.Add(new StringContent(strength.ToString(CultureInfo.InvariantCulture)), "strength");
            },
            cancellation));
    }
}

/// <summary><c>resultity image vary</c>.</summary>
internal sealed class ImageVaryVerb : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "The file to vary" };
    private readonly Option<double?> _strength = new("--strength") { Description = "How much may change: 0 nothing, 1 everything", HelpName = "0-1" };
    private readonly ImageMaking _making;

    public ImageVaryVerb(Terminal terminal)
        : base(terminal, "vary", "Make images that are like an image.")
    {
        Add(_image);
        Add(_strength);
        _making = new ImageMaking(this, terminal);
        Examples = [("resultity image vary circle.png -n 3 -o variations/", "three files in a folder")];
        Runs((parsed, cancellation) => _making.RunAsync(
            parsed,
            "v1/images/variations",
            "",
            form =>
            {
                form.Add(ImageFile.Read(parsed.GetRequiredValue(_image)), "image", Path.GetFileName(parsed.GetRequiredValue(_image)));
                if (parsed.GetValue(_strength) is { } strength) form.Add(new StringContent(strength.ToString(CultureInfo.InvariantCulture)), "strength");
            },
            cancellation));
    }
}
