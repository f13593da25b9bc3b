using Resultity.Onnx.Text.Sampling;

namespace Resultity.Onnx.Diffusion.Schedulers;

/// <summary>Normal deviates of a seed: the same on every machine and version. Box and Muller's method.</summary>
internal sealed class GaussianNoise(ulong seed)
{
    private SamplerRandom _random = new(seed);
    private double? _spare;

    public double Next()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        var angle = 2 * Math.PI * _random.NextDouble();
        _spare = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    public float[] Fill(int length)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++) values[i] = (float)Next();
        return values;
    }
}
