namespace Resultity.Onnx.Speech.Sound;

/// <summary>Cuts long sound where it is quietest into pieces that a model takes at once.</summary>
/// <remarks>
/// A cut depends only on the sound after the cut before it, so whoever cuts the same sound gets the same pieces: nodes that each take a
/// part of the pieces together compute exactly what one node computes alone.
/// </remarks>
public static class SilenceCutter
{
    private const double FrameSeconds = 0.02;
    private const int SmoothFrames = 7;

    /// <summary>The pieces, in order and without gaps, as ranges of samples; none is longer than <paramref name="mostSeconds"/>.</summary>
    public static List<Range> Cut(Samples sound, double mostSeconds)
    {
        ArgumentNullException.ThrowIfNull(sound);
        var frame = Math.Max(1, (int)(sound.Rate * FrameSeconds));
        var most = Math.Max(2, (int)(mostSeconds * sound.Rate / frame));
        var energies = Energies(sound.Values.Span, frame);
        var pieces = new List<Range>();
        var start = 0;
        while (energies.Length - start > most)
        {
            var cut = Quietest(energies, start + (most / 2), start + most);
            pieces.Add((start * frame)..(cut * frame));
            start = cut;
        }
        if (start * frame < sound.Values.Length || pieces.Count == 0) pieces.Add((start * frame)..sound.Values.Length);
        return pieces;
    }

    private static float[] Energies(ReadOnlySpan<float> values, int frame)
    {
        var energies = new float[(values.Length + frame - 1) / frame];
        for (var i = 0; i < energies.Length; i++)
        {
            var part = values.Slice(i * frame, Math.Min(frame, values.Length - (i * frame)));
            energies[i] = System.Numerics.Tensors.TensorPrimitives.SumOfSquares(part) / part.Length;
        }
        return energies;
    }

    /// <summary>The frame before which to cut; of equally quiet ones the last, which makes the fewest pieces.</summary>
    private static int Quietest(float[] energies, int from, int to)
    {
        var (best, least) = (to, float.MaxValue);
        for (var at = from; at <= to; at++)
        {
            var sum = 0f;
            for (var i = Math.Max(0, at - (SmoothFrames / 2)); i <= Math.Min(energies.Length - 1, at + (SmoothFrames / 2)); i++) sum += energies[i];
            // Differences below what anyone hears (-80 dB) are none.
            sum = MathF.Max(sum, SmoothFrames * 1e-8f);
            if (sum <= least) (best, least) = (at, sum);
        }
        return best;
    }
}
