using System.Runtime.InteropServices;
using SkiaSharp;

namespace Resultity.Onnx.Imaging;

/// <summary>Turns a picture as its camera's note (EXIF orientation) says.</summary>
internal static class Upright
{
    public static Picture Turn(Picture picture, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default) return picture;
        int width = picture.Width, height = picture.Height;
        var swaps = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (newWidth, newHeight) = swaps ? (height, width) : (width, height);
        var from = Whole(picture.Pixels);
        var pixels = new byte[picture.Pixels.Length];
        var to = Whole(pixels);
        for (var y = 0; y < newHeight; y++)
        {
            for (var x = 0; x < newWidth; x++)
            {
                var (sx, sy) = origin switch
                {
                    SKEncodedOrigin.TopRight => (width - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, height - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, height - 1 - x),
                    SKEncodedOrigin.RightBottom => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                to[(y * newWidth) + x] = from[(sy * width) + sx];
            }
        }

        return new Picture(newWidth, newHeight, pixels);
    }

    private static Span<int> Whole(byte[] pixels) => MemoryMarshal.Cast<byte, int>(pixels.AsSpan());
}
