using Resultity.Onnx.Imaging;
using Xunit;

namespace Resultity.Onnx.Tests.Imaging;

public sealed class PictureTests
{
    [Fact]
    public void A_picture_comes_back_from_each_format()
    {
        var picture = Gradient(40, 24);
        Assert.Equal(picture.Pixels, PictureReader.Read(PictureWriter.Write(picture, PictureFormat.Png)).Pixels);
        Assert.Equal(picture.Pixels, PictureReader.Read(PictureWriter.Write(picture, PictureFormat.Webp)).Pixels);
        foreach (var (format, quality) in ((PictureFormat, int)[])[(PictureFormat.Jpeg, 95), (PictureFormat.Webp, 80)])
        {
            var back = PictureReader.Read(PictureWriter.Write(picture, format, quality));
            Assert.Equal((40, 24), (back.Width, back.Height));
            Assert.True(picture.Pixels.Zip(back.Pixels, (a, b) => Math.Abs(a - b)).Average() < 6);
        }
    }

    [Fact]
    public void A_lower_quality_makes_a_smaller_file()
    {
        var picture = Gradient(128, 128);
        Assert.True(PictureWriter.Write(picture, PictureFormat.Jpeg, 20).Length < PictureWriter.Write(picture, PictureFormat.Jpeg, 95).Length);
    }

    [Theory]
    [InlineData(Resampling.Nearest)]
    [InlineData(Resampling.Bilinear)]
    [InlineData(Resampling.Bicubic)]
    [InlineData(Resampling.Lanczos)]
    public void One_colour_stays_one_colour_at_any_size(Resampling resampling)
    {
        var pixels = new byte[17 * 9 * 4];
        for (var at = 0; at < pixels.Length; at += 4) (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]) = (200, 30, 90, 255);
        foreach (var (width, height) in ((int, int)[])[(5, 3), (64, 64), (17, 40), (1, 1)])
        {
            var sized = Resampler.Resize(new Picture(17, 9, pixels), width, height, resampling);
            Assert.All(Enumerable.Range(0, width * height), at => Assert.Equal((200, 30, 90, 255), (sized.Pixels[at * 4], sized.Pixels[(at * 4) + 1], sized.Pixels[(at * 4) + 2], sized.Pixels[(at * 4) + 3])));
        }
    }

    [Fact]
    public void Transparency_is_kept_in_png_and_becomes_white_in_jpeg()
    {
        var picture = new Picture(16, 16, new byte[16 * 16 * 4]);
        Assert.True(PictureReader.Read(PictureWriter.Write(picture, PictureFormat.Png)).HasTransparency);
        var jpeg = PictureReader.Read(PictureWriter.Write(picture, PictureFormat.Jpeg, 90));
        Assert.False(jpeg.HasTransparency);
        Assert.True(jpeg.Pixels[0] > 250);
    }

    private static Picture Gradient(int width, int height)
    {
        var pixels = new byte[width * height * 4];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = ((y * width) + x) * 4;
                (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]) = ((byte)(x * 255 / width), (byte)(y * 255 / height), 128, 255);
            }
        }

        return new Picture(width, height, pixels);
    }
}
