using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Diffusion;
using Resultity.Onnx.Imaging;
using Resultity.Onnx.Motion;

namespace Resultity.Node.Runtimes.Onnx.Videos;

/// <summary>A request for a video, checked against what this engine can make.</summary>
internal sealed record VideoRequest
{
    private const int LeastSide = 64, MostSide = 2048, MostPixels = 1920 * 1088, MostSeconds = 60, DefaultFps = 24;
    private static readonly string[] Plain = ["seed", "steps", "guidance_scale", "fps"];

    /// <summary>The still picture to draw.</summary>
    public required DiffusionRequest Drawing { get; init; }

    /// <summary>The picture to begin with instead, if one was given.</summary>
    public required Picture? Reference { get; init; }

    /// <summary>How it moves.</summary>
    public required Movement Movement { get; init; }

    /// <summary>The frames' size in pixels.</summary>
    public required (int Width, int Height) Size { get; init; }

    /// <summary>The length in seconds.</summary>
    public required int Seconds { get; init; }

    /// <summary>Frames per second.</summary>
    public required int Fps { get; init; }

    /// <summary>mp4 or webm.</summary>
    public required string Format { get; init; }

    /// <summary>How many frames there are.</summary>
    public int Frames => Seconds * Fps;

    /// <summary>Reads a request. Decodes images, so it takes the caller's thread.</summary>
    public static VideoRequest Read(RuntimeExchange exchange, DiffusionModel model)
    {
        using var body = MediaFields.Read(exchange, Plain);
        var fields = body.Fields;
        var (movement, scene) = Movement.Take(fields.RequiredText("prompt"));
        return new VideoRequest
        {
            Drawing = new DiffusionRequest
            {
                Prompt = scene,
                NegativePrompt = fields.Text("negative_prompt") ?? "",
                Width = model.NativeSide,
                Height = model.NativeSide,
                Steps = (int)(fields.Integer("steps", 1, 150) ?? 20),
                Guidance = fields.Number("guidance_scale", 0, 50) ?? 5,
                Seed = (uint)(fields.Integer("seed", 0, uint.MaxValue) ?? RandomNumberGenerator.GetInt32(int.MaxValue)),
            },
            Reference = ImageInput.Read(body, "input_reference") is [var given, ..] ? given : null,
            Movement = movement,
            Size = SizeOf(fields.Text("size") ?? "720x1280"),
            Seconds = SecondsOf(fields),
            Fps = (int)(fields.Integer("fps", 1, 60) ?? DefaultFps),
            Format = fields.Choice("output_format", "mp4", "mp4", "webm"),
        };
    }

    private static int SecondsOf(RequestFields fields)
    {
        var text = fields.Member("seconds") is { } given ? given.ValueKind == JsonValueKind.Number ? given.GetRawText() : fields.Text("seconds")! : "4";
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MostSeconds
            ? seconds
            : throw new InvalidRequestException($"Invalid 'seconds': expected whole seconds from 1 to {MostSeconds}, but got '{RequestFields.Shortened(text)}'.", "seconds");
    }

    private static (int Width, int Height) SizeOf(string text)
    {
        var parts = text.Split('x');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var height)
            && width is >= LeastSide and <= MostSide && height is >= LeastSide and <= MostSide && width % 2 == 0 && height % 2 == 0 && width * height <= MostPixels
            ? (width, height)
            : throw new InvalidRequestException(
                $"Invalid 'size': '{RequestFields.Shortened(text)}' is no size that this engine makes. Sides are even numbers from {LeastSide} to {MostSide}, and at most {MostPixels} pixels in all, such as '1280x720'.", "size", "unsupported_size");
    }
}
