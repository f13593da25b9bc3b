namespace Resultity.Onnx.Text.Graphs;

/// <summary>Cosines and sines of the angles by which positions turn keys and queries (Su et al., RoFormer), for each position half a head wide.</summary>
internal static class RotaryTable
{
    /// <summary>Null where the configuration scales angles in a way not known here.</summary>
    public static (float[] Cos, float[] Sin)? Build(Rotary rotary, int headDimension, int positions)
    {
        if (rotary.PartialFactor != 1 || headDimension % 2 != 0 || rotary.Scaling is not (null or "linear" or "llama3")) return null;
        var half = headDimension / 2;
        var frequencies = new double[half];
        for (var i = 0; i < half; i++) frequencies[i] = Scale(rotary, Math.Pow(rotary.Theta, -2.0 * i / headDimension));
        float[] cos = new float[positions * half], sin = new float[positions * half];
        for (var position = 0; position < positions; position++)
            for (var i = 0; i < half; i++)
            {
                // Exporters compute the angle in single precision.
                var angle = (float)position * (float)frequencies[i];
                cos[position * half + i] = MathF.Cos(angle);
                sin[position * half + i] = MathF.Sin(angle);
            }
        return (cos, sin);
    }

    // Llama 3.1's rule: long waves are stretched, short ones kept, those between blended.
    private static double Scale(Rotary rotary, double frequency)
    {
        if (rotary.Scaling is null) return frequency;
        if (rotary.Scaling == "linear") return frequency / rotary.Factor;
        var turns = rotary.OriginalContext * frequency / (2 * Math.PI);
        if (turns < rotary.LowFrequencyFactor) return frequency / rotary.Factor;
        if (turns > rotary.HighFrequencyFactor) return frequency;
        var smooth = (turns - rotary.LowFrequencyFactor) / (rotary.HighFrequencyFactor - rotary.LowFrequencyFactor);
        return (1 - smooth) * frequency / rotary.Factor + smooth * frequency;
    }
}
