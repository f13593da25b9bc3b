using System.Numerics.Tensors;

namespace Resultity.Onnx.Speech.Sound;

/// <summary>Makes speech quicker or slower without changing its height: overlapping windows, each put where it fits the one before best.</summary>
public static class TimeStretch
{
    private const double WindowSeconds = 0.03, SearchSeconds = 0.008;

    /// <summary>The same speech at so many times its speed.</summary>
    public static Samples Apply(Samples sound, double speed)
    {
        ArgumentNullException.ThrowIfNull(sound);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(speed);
        int window = (int)(sound.Rate * WindowSeconds) / 2 * 2, half = window / 2, search = (int)(sound.Rate * SearchSeconds);
        if (Math.Abs(speed - 1) < 0.01 || sound.Values.Length < 3 * window) return sound;
        var source = sound.Values.Span;
        var result = new float[(int)(source.Length / speed) + window];
        source[..half].CopyTo(result);
        var from = 0;
        var written = half;
        for (; written + half <= result.Length; written += half)
        {
            var wanted = (int)(written * speed);
            // What would have followed the last window is what the next one should resemble.
            var next = Math.Min(from + half, source.Length - window);
            var best = (Place: Math.Clamp(wanted, 0, source.Length - window), Likeness: float.MinValue);
            for (var place = Math.Max(0, wanted - search); place <= Math.Min(source.Length - window, wanted + search); place++)
            {
                var likeness = TensorPrimitives.Dot(source.Slice(place, half), source.Slice(next, half));
                if (likeness > best.Likeness) best = (place, likeness);
            }
            if (wanted >= source.Length - window) break;
            for (var i = 0; i < half; i++)
            {
                var share = (float)i / half;
                result[written + i] = (source[next + i] * (1 - share)) + (source[best.Place + i] * share);
            }
            from = best.Place;
        }
        return sound with { Values = result.AsMemory(0, written) };
    }
}
