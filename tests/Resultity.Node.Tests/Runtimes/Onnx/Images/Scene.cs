using Resultity.Onnx.Imaging;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>Simple pictures, drawn here: one shape on a plain background, as the built-in captioner knows them.</summary>
internal static class Scene
{
    public static readonly (string Name, byte R, byte G, byte B)[] Colours =
    [
        ("red", 220, 30, 35), ("green", 35, 165, 60), ("blue", 35, 75, 225), ("yellow", 250, 220, 40), ("purple", 135, 45, 175), ("black", 12, 12, 14),
    ];

    public static readonly string[] Shapes = ["circle", "square", "ring", "cross", "diamond"];

    /// <summary>A shape in the middle of a white picture.</summary>
    public static Picture Draw(string shape, string colour, int side = 64)
    {
        var (_, r, g, b) = Array.Find(Colours, known => known.Name == colour);
        var pixels = new byte[side * side * 4];
        var radius = side * 0.22f;
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var inside = 0;
                for (var sub = 0; sub < 4; sub++)
                    inside += Inside(shape, (x + 0.25f + (sub % 2 * 0.5f) - (side / 2f)) / radius, (y + 0.25f + (sub / 2 * 0.5f) - (side / 2f)) / radius) ? 1 : 0;
                var at = ((y * side) + x) * 4;
                (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]) = (Mix(r, inside), Mix(g, inside), Mix(b, inside), 255);
            }
        }

        return new Picture(side, side, pixels);
    }

    public static byte[] Png(string shape, string colour, int side = 64) => PictureWriter.Write(Draw(shape, colour, side), PictureFormat.Png);

    private static byte Mix(byte ink, int of4) => (byte)(((ink * of4) + (248 * (4 - of4))) / 4);

    private static bool Inside(string shape, float x, float y)
    {
        float ax = MathF.Abs(x), ay = MathF.Abs(y), distance = MathF.Sqrt((x * x) + (y * y));
        return shape switch
        {
            "circle" => distance < 0.95f,
            "square" => MathF.Max(ax, ay) < 0.84f,
            "ring" => distance is < 0.98f and > 0.55f,
            "diamond" => (ax * 1.25f) + ay < 1.1f,
            _ => (ax < 0.98f && ay < 0.32f) || (ax < 0.32f && ay < 0.98f),
        };
    }
}
