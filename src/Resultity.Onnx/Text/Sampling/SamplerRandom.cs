using System.Numerics;

namespace Resultity.Onnx.Text.Sampling;

/// <summary>xoshiro256** (Blackman and Vigna), seeded through SplitMix64: the same draws for a seed on every machine and version.</summary>
internal struct SamplerRandom
{
    private ulong _a, _b, _c, _d;

    public SamplerRandom(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>The next number in [0, 1), of 53 random bits.</summary>
    public double NextDouble()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return (result >> 11) * (1.0 / (1ul << 53));
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
