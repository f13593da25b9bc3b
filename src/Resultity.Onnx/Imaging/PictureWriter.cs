using System.Runtime.InteropServices;
using SkiaSharp;

namespace Resultity.Onnx.Imaging;

/// <summary>How an image file is to be written.</summary>
public enum PictureFormat
{
    /// <summary>Portable Network Graphics; without loss.</summary>
    Png,

    /// <summary>JPEG; transparency becomes white.</summary>
    Jpeg,

    /// <summary>WebP.</summary>
    Webp,
}

/// <summary>Writes pictures as files.</summary>
public static class PictureWriter
{
    /// <summary>Writes a picture. Takes the caller's thread.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="format">The file's format.</param>
    /// <param name="quality">0 to 100 for jpeg and webp; 100 is a webp without loss.</param>
    public static byte[] Write(Picture picture, PictureFormat format, int quality = 100)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var source = format == PictureFormat.Jpeg && picture.HasTransparency ? OverWhite(picture) : picture.Pixels;
        var pin = GCHandle.Alloc(source, GCHandleType.Pinned);
        try
        {
            var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, format == PictureFormat.Jpeg ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
            using var pixmap = new SKPixmap(info, pin.AddrOfPinnedObject());
            using var data = format switch
            {
                PictureFormat.Jpeg => pixmap.Encode(new SKJpegEncoderOptions(Math.Clamp(quality, 1, 100))),
                PictureFormat.Webp => pixmap.Encode(new SKWebpEncoderOptions(quality == 100 ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy, quality == 100 ? 75 : quality)),
                _ => pixmap.Encode(SKPngEncoderOptions.Default),
            };
            return data?.ToArray() ?? throw new InvalidOperationException($"The picture could not be written as {format}.");
        }
        finally
        {
            pin.Free();
        }
    }

    private static byte[] OverWhite(Picture picture)
    {
        var pixels = (byte[])picture.Pixels.Clone();
        for (var at = 0; at < pixels.Length; at += 4)
        {
            var alpha = pixels[at + 3];
            for (var channel = 0; channel < 3; channel++) pixels[at + channel] = (byte)(((pixels[at + channel] * alpha) + (255 * (255 - alpha)) + 127) / 255);
            pixels[at + 3] = 255;
        }

        return pixels;
    }
}
