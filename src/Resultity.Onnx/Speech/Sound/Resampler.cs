using System.Numerics.Tensors;

namespace Resultity.Onnx.Speech.Sound;

/// <summary>Brings sound to another rate through a windowed sinc, so that what the new rate can't carry is left out rather than folded back.</summary>
public static class Resampler
{
    private const int ZeroCrossings = 24;

    /// <summary>The same sound at another rate; the very same where that is its own.</summary>
    public static Samples Resample(Samples sound, int rate)
    {
        ArgumentNullException.ThrowIfNull(sound);
        ArgumentOutOfRangeException.ThrowIfLessThan(rate, 1);
        if (sound.Rate == rate || sound.Values.IsEmpty) return sound with { Rate = rate };
        var divisor = (int)System.Numerics.BigInteger.GreatestCommonDivisor(sound.Rate, rate);
        int up = rate / divisor, down = sound.Rate / divisor;
        // Rates without a common measure have as many phases as the rate has samples; a thousand of them are as good.
        var phases = Math.Min(up, 1024);
        var cutoff = Math.Min(1.0, (double)rate / sound.Rate) * 0.96;
        var reach = (int)Math.Ceiling(ZeroCrossings / cutoff);
        var kernels = Kernels(phases, reach, cutoff);
        var source = new float[sound.Values.Length + (2 * reach) + 2];
        sound.Values.CopyTo(source.AsMemory(reach));
        var result = new float[(long)sound.Values.Length * up / down];
        for (long i = 0; i < result.Length; i++)
        {
            var whole = i * down / up;
            var phase = (int)(i * down % up * phases / up);
            // The kernel of a phase begins `reach - 1` samples before the place and the padding is `reach` long.
            result[i] = TensorPrimitives.Dot(source.AsSpan((int)whole + 1, 2 * reach), kernels[phase]);
        }
        return new Samples(result, rate);
    }

    private static float[][] Kernels(int phases, int reach, double cutoff)
    {
        var kernels = new float[phases][];
        for (var phase = 0; phase < phases; phase++)
        {
            var kernel = kernels[phase] = new float[2 * reach];
            var sum = 0d;
            for (var i = 0; i < kernel.Length; i++)
            {
                var distance = i - (reach - 1) - ((double)phase / phases);
                var x = Math.PI * distance * cutoff;
                var window = Math.Cos(Math.PI * distance / (2 * reach));
                var value = (Math.Abs(x) < 1e-9 ? 1 : Math.Sin(x) / x) * window * window;
                kernel[i] = (float)value;
                sum += value;
            }
            for (var i = 0; i < kernel.Length; i++) kernel[i] = (float)(kernel[i] / sum);
        }
        return kernels;
    }
}
