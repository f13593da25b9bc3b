namespace Resultity.Onnx.Imaging;

/// <summary>How pixels between pixels are made; the numbers are PIL's, which preprocessor_config.json uses.</summary>
public enum Resampling
{
    /// <summary>The nearest pixel.</summary>
    Nearest = 0,

    /// <summary>A windowed sinc of three lobes.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = -0.5.</summary>
    Bicubic = 3,
}

/// <summary>Makes pictures larger or smaller, as PIL does: the filter is widened when shrinking, so that nothing is skipped.</summary>
public static class Resampler
{
    /// <summary>A picture of another size. Takes the caller's thread.</summary>
    public static Picture Resize(Picture picture, int width, int height, Resampling resampling = Resampling.Bicubic)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (picture.Width == width && picture.Height == height) return picture;
        var wide = Pass(picture.Pixels, picture.Width, picture.Height, width, resampling, across: true);
        return new Picture(width, height, Pass(wide, height: picture.Height, width: width, to: height, resampling: resampling, across: false));
    }

    private static byte[] Pass(byte[] source, int width, int height, int to, Resampling resampling, bool across)
    {
        var from = across ? width : height;
        if (from == to) return source;
        var taps = Weights(from, to, resampling);
        var target = new byte[4 * to * (across ? height : width)];
        var lines = across ? height : width;
        Span<float> sum = stackalloc float[4];
        for (var line = 0; line < lines; line++)
        {
            for (var at = 0; at < to; at++)
            {
                var (first, weights) = taps[at];
                sum.Clear();
                for (var tap = 0; tap < weights.Length; tap++)
                {
                    var index = across ? ((line * width) + first + tap) * 4 : (((first + tap) * width) + line) * 4;
                    var alpha = source[index + 3] * weights[tap];
                    // Colours count by their alpha, so that what is transparent leaves no rim.
                    sum[0] += source[index] * alpha;
                    sum[1] += source[index + 1] * alpha;
                    sum[2] += source[index + 2] * alpha;
                    sum[3] += alpha;
                }

                var out4 = across ? ((line * to) + at) * 4 : ((at * width) + line) * 4;
                var total = sum[3];
                for (var channel = 0; channel < 3; channel++) target[out4 + channel] = total <= 0 ? (byte)0 : Byte(sum[channel] / total);
                target[out4 + 3] = Byte(total);
            }
        }

        return target;
    }

    private static (int First, float[] Weights)[] Weights(int from, int to, Resampling resampling)
    {
        var scale = (double)from / to;
        var stretch = resampling == Resampling.Nearest ? 1 : Math.Max(scale, 1);
        var support = stretch * resampling switch { Resampling.Lanczos => 3, Resampling.Bicubic => 2, Resampling.Bilinear => 1, _ => 0.5 };
        var taps = new (int, float[])[to];
        for (var at = 0; at < to; at++)
        {
            var center = (at + 0.5) * scale;
            if (resampling == Resampling.Nearest)
            {
                taps[at] = (Math.Min(from - 1, (int)center), [1]);
                continue;
            }

            var first = Math.Max(0, (int)(center - support + 0.5));
            var last = Math.Min(from, (int)(center + support + 0.5));
            var weights = new float[Math.Max(1, last - first)];
            var total = 0.0;
            for (var tap = 0; tap < weights.Length; tap++) total += weights[tap] = (float)Filter((first + tap - center + 0.5) / stretch, resampling);
            for (var tap = 0; tap < weights.Length; tap++) weights[tap] = total == 0 ? 1f / weights.Length : (float)(weights[tap] / total);
            taps[at] = (first, weights);
        }

        return taps;
    }

    private static double Filter(double x, Resampling resampling)
    {
        x = Math.Abs(x);
        return resampling switch
        {
            Resampling.Bilinear => Math.Max(0, 1 - x),
            Resampling.Bicubic => x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1 : x < 2 ? (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2 : 0,
            _ => x >= 3 ? 0 : Sinc(x) * Sinc(x / 3),
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private static byte Byte(float value) => (byte)Math.Clamp(MathF.Round(value), 0, 255);
}
