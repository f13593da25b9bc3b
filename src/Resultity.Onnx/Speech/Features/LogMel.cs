using System.Numerics;

namespace Resultity.Onnx.Speech.Features;

/// <summary>Whisper's picture of sound: the logarithm of a mel spectrum every hundredth of a second.</summary>
internal sealed class LogMel(int mels, int window, int hop, int rate)
{
    private readonly Fourier _fourier = new(window);
    private readonly MelFilters _filters = new(mels, window, rate);
    private readonly double[] _hann = [.. Enumerable.Range(0, window).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / window)))];

    /// <summary>A row per mel band with <paramref name="frames"/> columns; sound that ends earlier is followed by silence, the rest of longer sound is left out.</summary>
    public float[] Compute(ReadOnlySpan<float> samples, int frames)
    {
        var sound = new float[frames * hop];
        samples[..Math.Min(samples.Length, sound.Length)].CopyTo(sound);
        var picture = new float[mels * frames];
        Complex[] both = new Complex[window], spectrum = new Complex[window];
        float[] first = new float[(window / 2) + 1], second = new float[(window / 2) + 1];
        // Two real frames go through one complex transform.
        for (var frame = 0; frame < frames; frame += 2)
        {
            var pair = frame + 1 < frames;
            for (var i = 0; i < window; i++)
            {
                var at = (frame * hop) + i - (window / 2);
                both[i] = new Complex(Reflected(sound, at) * _hann[i], pair ? Reflected(sound, at + hop) * _hann[i] : 0);
            }
            _fourier.Transform(both, spectrum);
            for (var bin = 0; bin < first.Length; bin++)
            {
                Complex here = spectrum[bin], mirrored = Complex.Conjugate(spectrum[(window - bin) % window]);
                first[bin] = Power((here + mirrored) / 2);
                second[bin] = Power((here - mirrored) / 2);
            }
            for (var mel = 0; mel < mels; mel++)
            {
                picture[(mel * frames) + frame] = Logarithm(_filters.Apply(mel, first));
                if (pair) picture[(mel * frames) + frame + 1] = Logarithm(_filters.Apply(mel, second));
            }
        }
        var floor = System.Numerics.Tensors.TensorPrimitives.Max(picture) - 8;
        for (var i = 0; i < picture.Length; i++) picture[i] = (MathF.Max(picture[i], floor) + 4) / 4;
        return picture;
    }

    private static float Reflected(float[] sound, int at)
    {
        if (at < 0) at = -at;
        if (at >= sound.Length) at = (2 * (sound.Length - 1)) - at;
        return sound[Math.Clamp(at, 0, sound.Length - 1)];
    }

    private static float Power(Complex value) => (float)((value.Real * value.Real) + (value.Imaginary * value.Imaginary));

    private static float Logarithm(float power) => MathF.Log10(MathF.Max(power, 1e-10f));
}
