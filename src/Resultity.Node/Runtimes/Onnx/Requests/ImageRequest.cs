using System.Globalization;
using System.Security.Cryptography;
using Resultity.Contracts.Values;
using Resultity.Onnx.Diffusion;
using Resultity.Onnx.Diffusion.Schedulers;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>A request for images, checked against what the model can do.</summary>
internal sealed record ImageRequest
{
    private static readonly string[] Plain = ["n", "output_compression", "seed", "steps", "guidance_scale", "stream", "partial_images", "strength"];

    /// <summary>What to make; each image has the seed one higher.</summary>
    public required DiffusionRequest Diffusion { get; init; }

    public required int Count { get; init; }

    public required PictureFormat Format { get; init; }

    public required int Compression { get; init; }

    public required string Quality { get; init; }

    public required string Background { get; init; }

    /// <summary>Whether the gateway is to put links in the place of the images.</summary>
    public required bool AsLinks { get; init; }

    public required bool Stream { get; init; }

    public required int PartialImages { get; init; }

    /// <summary>Whether images go in, which names the events of a stream.</summary>
    public bool IsEdit => Diffusion.Source is not null;

    public string FormatName => Format switch { PictureFormat.Jpeg => "jpeg", PictureFormat.Webp => "webp", _ => "png" };

    public string Size => string.Create(CultureInfo.InvariantCulture, $"{Diffusion.Width}x{Diffusion.Height}");

    /// <summary>Reads a request. Decodes images, so it takes the caller's thread.</summary>
    public static ImageRequest Read(RuntimeExchange exchange, DiffusionModel model)
    {
        using var body = MediaFields.Read(exchange, Plain);
        var fields = body.Fields;
        var quality = fields.Choice("quality", "auto", "auto", "low", "medium", "high", "standard", "hd");
        if (fields.Text("background") == "transparent") throw new InvalidRequestException("'background' cannot be 'transparent': this model makes opaque images. Use 'opaque' or 'auto'.", "background", "unsupported_value");
        var (source, mask) = Sources(exchange, body, model);
        var (width, height) = SizeOf(fields, model, source);
        var isVariation = exchange.Path == InferenceEndpoint.ImageVariations.Path;
        var prompt = fields.Text("prompt") ?? "";
        if (prompt.Length == 0 && !isVariation) throw fields.Missing("prompt");
        var format = fields.Choice("output_format", "png", "png", "jpeg", "webp");
        if (format == "png" && fields.Integer("output_compression", 0, 100) is not (null or 100))
            throw new InvalidRequestException("'output_compression' is for 'output_format' jpeg and webp; png has no loss. Leave it out or choose another format.", "output_compression");
        return new ImageRequest
        {
            Diffusion = new DiffusionRequest
            {
                Prompt = prompt,
                NegativePrompt = fields.Text("negative_prompt") ?? "",
                Width = width,
                Height = height,
                Steps = (int)(fields.Integer("steps", 1, 150) ?? quality switch { "low" => 10, "high" or "hd" => 40, _ => 20 }),
                Guidance = fields.Number("guidance_scale", 0, 50) ?? (prompt.Length == 0 ? 1 : 5),
                Seed = (uint)(fields.Integer("seed", 0, uint.MaxValue) ?? RandomNumberGenerator.GetInt32(int.MaxValue)),
                Scheduler = fields.Text("scheduler") is null ? null : fields.Choice("scheduler", "", [.. SolverNames.All]),
                Source = source,
                Mask = mask,
                Strength = fields.Number("strength", 0, 1) ?? (mask is not null ? 1 : isVariation ? 0.6 : 0.8),
            },
            Count = (int)(fields.Integer("n", 1, 10) ?? 1),
            Format = format switch { "jpeg" => PictureFormat.Jpeg, "webp" => PictureFormat.Webp, _ => PictureFormat.Png },
            Compression = (int)(fields.Integer("output_compression", 0, 100) ?? (format == "png" ? 100 : 90)),
            Quality = quality is "auto" or "standard" ? "medium" : quality is "hd" ? "high" : quality,
            Background = "opaque",
            AsLinks = fields.Choice("response_format", "b64_json", "b64_json", "url") == "url",
            Stream = fields.Flag("stream"),
            PartialImages = (int)(fields.Integer("partial_images", 0, 3) ?? 0),
        };
    }

    private static (Picture? Source, Picture? Mask) Sources(RuntimeExchange exchange, MediaFields body, DiffusionModel model)
    {
        if (exchange.Path == InferenceEndpoint.ImageGenerations.Path) return default;
        if (!model.StartsFromPictures) throw new InvalidRequestException($"The model '{exchange.Model}' makes images of text only; it cannot start from an image.", "model", "unsupported_endpoint");
        var images = ImageInput.Read(body, "image", "images");
        if (images.Count == 0) throw body.Fields.Missing("image");
        if (images.Count > 1) throw new InvalidRequestException($"'image' has {images.Count} images; this model starts from one.", "image", "array_above_max_length");
        var mask = ImageInput.Read(body, "mask") is [var given] ? given : null;
        if (mask is not null && !mask.HasTransparency) throw new InvalidRequestException("Invalid 'mask': it has no transparent pixels, so nothing may change. Make transparent what is to be made anew.", "mask", "invalid_mask");

        // As at OpenAI, the image's own transparency is the mask where there is no other.
        return (images[0], mask ?? (exchange.Path == InferenceEndpoint.ImageEdits.Path && images[0].HasTransparency ? images[0] : null));
    }

    private static (int Width, int Height) SizeOf(RequestFields fields, DiffusionModel model, Picture? source)
    {
        var text = fields.Text("size") ?? "auto";
        if (text == "auto")
        {
            // An edit keeps the shape of its image.
            return source is null ? (model.NativeSide, model.NativeSide) : Fitted(source, model);
        }

        var parts = text.Split('x');
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var height))
            throw new InvalidRequestException($"Invalid 'size': '{RequestFields.Shortened(text)}' is not a width and a height, such as '512x512', or 'auto'.", "size");
        return model.Refuse(width, height) is { } why ? throw new InvalidRequestException($"Invalid 'size': {why}, but got '{text}'.", "size", "unsupported_size") : (width, height);
    }

    private static (int Width, int Height) Fitted(Picture source, DiffusionModel model)
    {
        var scale = Math.Sqrt((double)model.NativeSide * model.NativeSide / ((double)source.Width * source.Height));
        int Side(int side) => Math.Clamp((int)Math.Round(side * scale / 8) * 8, 8, DiffusionModel.LargestSide);
        var (width, height) = (Side(source.Width), Side(source.Height));
        return model.Refuse(width, height) is null ? (width, height) : (model.NativeSide, model.NativeSide);
    }
}
