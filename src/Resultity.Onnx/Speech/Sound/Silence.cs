using System.Numerics.Tensors;

namespace Resultity.Onnx.Speech.Sound;

/// <summary>Tells sound in which nobody is heard, of which models make words all the same.</summary>
public static class Silence
{
    // -60 dB.
    private const float QuietestSpeech = 1e-3f;

    /// <summary>Whether no speech can be in it.</summary>
    public static bool IsQuiet(ReadOnlySpan<float> samples) =>
        samples.IsEmpty || MathF.Sqrt(TensorPrimitives.SumOfSquares(samples) / samples.Length) < QuietestSpeech / 10 || MathF.Abs(TensorPrimitives.MaxMagnitude(samples)) < QuietestSpeech;
}
