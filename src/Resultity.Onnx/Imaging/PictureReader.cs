using System.Globalization;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Resultity.Onnx.Imaging;

/// <summary>Reads png, jpeg, webp and gif files. The content decides what a file is, never its name or its declared type.</summary>
/// <remarks>The head is read first and held against the limits; only then is memory taken for the pixels. Of moving images the first frame counts.</remarks>
public static class PictureReader
{
    private static readonly SKEncodedImageFormat[] Formats = [SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp, SKEncodedImageFormat.Gif];

    /// <summary>Reads a file. Takes the caller's thread.</summary>
    /// <exception cref="PictureException">It is no image, not whole, or above a limit.</exception>
    public static Picture Read(ReadOnlySpan<byte> file, PictureLimits? limits = null)
    {
        limits ??= new PictureLimits();
        if (file.IsEmpty) throw new PictureException("invalid_image", "the file is empty");
        if (file.Length > limits.MaxBytes) throw new PictureException("image_too_large", Text($"the file has {file.Length} bytes; at most {limits.MaxBytes} are taken"));
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data) ?? throw new PictureException("invalid_image", "the file is not a png, jpeg, webp or gif image, or its head is damaged");
        if (!Formats.Contains(codec.EncodedFormat)) throw new PictureException("unsupported_image_format", "the file is an image of another format; png, jpeg, webp and gif are taken");
        int width = codec.Info.Width, height = codec.Info.Height;
        if (width < 1 || height < 1) throw new PictureException("invalid_image", "the image has no pixels");
        if (width > limits.MaxSide || height > limits.MaxSide || (long)width * height > limits.MaxPixels)
            throw new PictureException("image_too_large", Text($"the image has {width} x {height} pixels; at most {limits.MaxPixels} pixels and {limits.MaxSide} a side are taken"));
        var pixels = new byte[width * height * 4];
        var pin = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        SKCodecResult result;
        try
        {
            result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), pin.AddrOfPinnedObject());
        }
        finally
        {
            pin.Free();
        }

        return result switch
        {
            SKCodecResult.Success => Upright.Turn(new Picture(width, height, pixels), codec.EncodedOrigin),
            SKCodecResult.IncompleteInput => throw new PictureException("invalid_image", "the file breaks off before the end of the image"),
            _ => throw new PictureException("invalid_image", "the image is damaged and cannot be decoded"),
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
