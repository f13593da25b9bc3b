namespace Resultity.Onnx.Speech.Features;

/// <summary>Slaney's mel scale as triangles over the bins of a spectrum, each of the same area.</summary>
internal sealed class MelFilters
{
    private const double LinearStep = 200.0 / 3, LogBegin = 1000, LogBeginMel = LogBegin / LinearStep;
    private static readonly double LogStep = Math.Log(6.4) / 27;

    private readonly (int First, float[] Weights)[] _filters;

    public MelFilters(int count, int window, int rate)
    {
        var edges = new double[count + 2];
        for (var i = 0; i < edges.Length; i++) edges[i] = ToHertz(ToMel(rate / 2.0) * i / (count + 1));
        _filters = new (int, float[])[count];
        for (var i = 0; i < count; i++)
        {
            var (low, middle, high) = (edges[i], edges[i + 1], edges[i + 2]);
            var first = 0;
            var weights = new List<float>();
            for (var bin = 0; bin <= window / 2; bin++)
            {
                var hertz = (double)bin * rate / window;
                var weight = Math.Min((hertz - low) / (middle - low), (high - hertz) / (high - middle)) * 2 / (high - low);
                if (weight > 0) weights.Add((float)weight);
                else if (weights.Count == 0) first = bin + 1;
            }
            _filters[i] = (weights.Count == 0 ? 0 : first, [.. weights]);
        }
    }

    public int Count => _filters.Length;

    public float Apply(int filter, ReadOnlySpan<float> power)
    {
        var (first, weights) = _filters[filter];
        return System.Numerics.Tensors.TensorPrimitives.Dot(power.Slice(first, weights.Length), weights);
    }

    private static double ToMel(double hertz) => hertz < LogBegin ? hertz / LinearStep : LogBeginMel + (Math.Log(hertz / LogBegin) / LogStep);

    private static double ToHertz(double mel) => mel < LogBeginMel ? mel * LinearStep : LogBegin * Math.Exp((mel - LogBeginMel) * LogStep);
}
