using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Diffusion;

/// <summary>What may change of a picture: where the mask is transparent.</summary>
internal sealed class PaintMask
{
    private readonly Picture _picture;
    private readonly int _channels;

    private PaintMask(Picture picture, float[] latent, int channels) => (_picture, Latent, _channels) = (picture, latent, channels);

    /// <summary>For each latent, how much of it may change.</summary>
    public float[] Latent { get; }

    public static PaintMask Of(Picture mask, int width, int height, DiffusionConfig config)
    {
        var small = Resampler.Resize(mask, width / config.Scale, height / config.Scale, Resampling.Bilinear);
        var latent = new float[small.Width * small.Height];
        for (var i = 0; i < latent.Length; i++) latent[i] = small.Pixels[(i * 4) + 3] < 250 ? 1 : 0;
        return new PaintMask(Resampler.Resize(mask, width, height, Resampling.Bilinear), latent, config.Channels);
    }

    /// <summary>Puts what is not to change back into a latent, with as much noise as that has now.</summary>
    public void Restore(Span<float> latent, float[] start, float[] noise, double sigma)
    {
        for (var channel = 0; channel < _channels; channel++)
        {
            for (var at = 0; at < Latent.Length; at++)
            {
                var i = (channel * Latent.Length) + at;
                latent[i] = (latent[i] * Latent[at]) + ((start[i] + (float)(noise[i] * sigma)) * (1 - Latent[at]));
            }
        }
    }

    /// <summary>The picture with what may change made grey.</summary>
    public Picture Blank(Picture picture)
    {
        var pixels = (byte[])picture.Pixels.Clone();
        for (var at = 0; at < pixels.Length; at += 4)
        {
            if (_picture.Pixels[at + 3] < 128) pixels.AsSpan(at, 3).Fill(127);
            pixels[at + 3] = 255;
        }

        return new Picture(picture.Width, picture.Height, pixels);
    }

    /// <summary>The old picture where the mask is opaque, the new one where it is transparent.</summary>
    public static Picture Compose(Picture old, Picture made, Picture mask)
    {
        var fitted = Resampler.Resize(mask, made.Width, made.Height, Resampling.Bilinear);
        var pixels = new byte[made.Pixels.Length];
        for (var at = 0; at < pixels.Length; at += 4)
        {
            var keep = fitted.Pixels[at + 3];
            for (var channel = 0; channel < 3; channel++) pixels[at + channel] = (byte)(((old.Pixels[at + channel] * keep) + (made.Pixels[at + channel] * (255 - keep)) + 127) / 255);
            pixels[at + 3] = (byte)Math.Max(old.Pixels[at + 3], 255 - keep);
        }

        return new Picture(made.Width, made.Height, pixels);
    }
}
