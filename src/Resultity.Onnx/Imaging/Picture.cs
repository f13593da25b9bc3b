namespace Resultity.Onnx.Imaging;

/// <summary>An image in memory: rows from the top, four bytes per pixel (red, green, blue, alpha not multiplied in).</summary>
/// <remarks>Immutable by agreement: who holds one does not change its bytes.</remarks>
public sealed class Picture
{
    /// <summary>Makes a picture of pixels, which belong to it from now on.</summary>
    public Picture(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)width * height * 4, pixels.LongLength, nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>Whether a pixel is not wholly opaque.</summary>
    public bool HasTransparency
    {
        get
        {
            for (var at = 3; at < Pixels.Length; at += 4)
            {
                if (Pixels[at] != 255) return true;
            }

            return false;
        }
    }

    /// <summary>The colours as planes of red, green and blue, each value made of 0..255 by a factor and an offset; transparency over white.</summary>
    public float[] ToPlanes(ReadOnlySpan<float> scale, ReadOnlySpan<float> offset)
    {
        var size = Width * Height;
        var planes = new float[3 * size];
        for (var pixel = 0; pixel < size; pixel++)
        {
            var alpha = Pixels[(pixel * 4) + 3] / 255f;
            for (var channel = 0; channel < 3; channel++)
            {
                var value = (Pixels[(pixel * 4) + channel] * alpha) + (255 * (1 - alpha));
                planes[(channel * size) + pixel] = (value * scale[channel]) + offset[channel];
            }
        }

        return planes;
    }

    /// <summary>An opaque picture of planes whose values lie in -1..1.</summary>
    public static Picture FromPlanes(ReadOnlySpan<float> planes, int width, int height)
    {
        var size = width * height;
        var pixels = new byte[size * 4];
        for (var pixel = 0; pixel < size; pixel++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                var value = planes[(channel * size) + pixel];
                pixels[(pixel * 4) + channel] = float.IsNaN(value) ? (byte)0 : (byte)Math.Clamp(MathF.Round((value + 1) * 127.5f), 0, 255);
            }

            pixels[(pixel * 4) + 3] = 255;
        }

        return new Picture(width, height, pixels);
    }
}
