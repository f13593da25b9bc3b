namespace Resultity.Onnx.Speech.Sound;

/// <summary>Sound in one channel.</summary>
/// <param name="Values">Amplitudes, -1 to 1.</param>
/// <param name="Rate">How many of them make a second.</param>
public sealed record Samples(ReadOnlyMemory<float> Values, int Rate)
{
    /// <summary>Length in seconds.</summary>
    public double Seconds => (double)Values.Length / Rate;
}
