using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Motion;

/// <summary>A picture taken apart into a plain background and the thing in front of it.</summary>
/// <remarks>The background is what most of the border's pixels are; the thing is everything that is clearly of another colour.</remarks>
public sealed class Stage
{
    // Distances between colours, each channel 0 to 255: below the first nobody sees a difference, above the second everybody does.
    private const float Same = 28, Other = 72;

    private const double PlainShare = 0.85;

    // Specks that a model or a codec leaves behind are no thing.
    private const double SmallestThing = 0.002;

    private readonly float[] _cover;

    private Stage(Picture picture, float[] cover, (byte R, byte G, byte B) background) => (Picture, _cover, Background) = (picture, cover, background);

    /// <summary>The whole picture.</summary>
    public Picture Picture { get; }

    /// <summary>The background's colour.</summary>
    public (byte R, byte G, byte B) Background { get; }

    /// <summary>Whether there is a plain background with something in front of it.</summary>
    public bool HasThing { get; private init; }

    /// <summary>The middle of the thing, in pixels from the picture's left edge.</summary>
    public double X { get; private init; }

    /// <summary>The middle of the thing, in pixels from the picture's top edge.</summary>
    public double Y { get; private init; }

    /// <summary>The share of the picture that the thing covers.</summary>
    public double Area { get; private init; }

    /// <summary>The farthest that a pixel of the thing is from its middle, in pixels: across, down, and in any direction.</summary>
    public (double Across, double Down, double Any) Reach { get; private init; }

    /// <summary>How much of a pixel the thing covers, 0 to 1.</summary>
    public float CoverAt(int pixel) => _cover[pixel];

    /// <summary>Takes a picture apart.</summary>
    public static Stage Of(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var background = Border(picture, out var share);
        var cover = new float[picture.Width * picture.Height];
        double sum = 0, x = 0, y = 0;
        for (var pixel = 0; pixel < cover.Length; pixel++)
        {
            var weight = Math.Clamp((Distance(picture, pixel, background) - Same) / (Other - Same), 0, 1);
            cover[pixel] = weight;
            sum += weight;
            x += weight * (pixel % picture.Width);
            y += weight * (pixel / picture.Width);
        }

        var area = sum / cover.Length;
        if (share < PlainShare || area < SmallestThing)
        {
            return new Stage(picture, cover, background);
        }

        (x, y) = (x / sum, y / sum);
        return new Stage(picture, cover, background) { HasThing = true, X = x, Y = y, Area = area, Reach = Extent(picture.Width, cover, x, y) };
    }

    private static (double Across, double Down, double Any) Extent(int width, float[] cover, double x, double y)
    {
        double across = 0, down = 0, any = 0;
        for (var pixel = 0; pixel < cover.Length; pixel++)
        {
            if (cover[pixel] < 0.5f) continue;
            double dx = Math.Abs((pixel % width) - x), dy = Math.Abs((pixel / width) - y);
            (across, down, any) = (Math.Max(across, dx), Math.Max(down, dy), Math.Max(any, Math.Sqrt((dx * dx) + (dy * dy))));
        }

        return (across + 1, down + 1, any + 1);
    }

    /// <summary>The median colour of the border, and the share of the border that is of it.</summary>
    private static (byte R, byte G, byte B) Border(Picture picture, out double share)
    {
        var (width, height) = (picture.Width, picture.Height);
        var border = new List<int>((2 * width) + (2 * height));
        for (var x = 0; x < width; x++)
        {
            border.Add(x);
            border.Add(((height - 1) * width) + x);
        }

        for (var y = 1; y < height - 1; y++)
        {
            border.Add(y * width);
            border.Add((y * width) + width - 1);
        }

        byte Median(int channel)
        {
            var values = border.ConvertAll(pixel => picture.Pixels[(pixel * 4) + channel]);
            values.Sort();
            return values[values.Count / 2];
        }

        var colour = (Median(0), Median(1), Median(2));
        share = (double)border.Count(pixel => Distance(picture, pixel, colour) < Other) / border.Count;
        return colour;
    }

    private static float Distance(Picture picture, int pixel, (byte R, byte G, byte B) colour)
    {
        var at = pixel * 4;
        float r = picture.Pixels[at] - colour.R, g = picture.Pixels[at + 1] - colour.G, b = picture.Pixels[at + 2] - colour.B;
        return MathF.Sqrt((r * r) + (g * g) + (b * b));
    }
}
