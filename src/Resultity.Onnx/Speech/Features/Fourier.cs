using System.Numerics;

namespace Resultity.Onnx.Speech.Features;

/// <summary>A discrete Fourier transform of a fixed length with small prime factors, in place of a library for one use.</summary>
internal sealed class Fourier
{
    private readonly Complex[] _turns;
    private readonly int _length;

    public Fourier(int length)
    {
        _length = length;
        _turns = new Complex[length];
        for (var i = 0; i < length; i++) _turns[i] = Complex.FromPolarCoordinates(1, -2 * Math.PI * i / length);
    }

    public void Transform(ReadOnlySpan<Complex> source, Span<Complex> target) => Transform(source, 0, 1, target, _length);

    private void Transform(ReadOnlySpan<Complex> source, int offset, int stride, Span<Complex> target, int length)
    {
        if (length == 1)
        {
            target[0] = source[offset];
            return;
        }
        var factor = SmallestFactor(length);
        var part = length / factor;
        for (var i = 0; i < factor; i++) Transform(source, offset + (i * stride), stride * factor, target.Slice(i * part, part), part);
        Span<Complex> terms = stackalloc Complex[factor];
        // In turns of the whole transform, whose length is length * stride.
        for (var k = 0; k < part; k++)
        {
            for (var i = 0; i < factor; i++) terms[i] = target[(i * part) + k] * _turns[i * k * stride];
            if (factor == 2)
            {
                (target[k], target[part + k]) = (terms[0] + terms[1], terms[0] - terms[1]);
                continue;
            }
            for (var q = 0; q < factor; q++)
            {
                var sum = terms[0];
                for (var i = 1; i < factor; i++) sum += terms[i] * _turns[i * q % factor * part * stride];
                target[(q * part) + k] = sum;
            }
        }
    }

    private static int SmallestFactor(int length)
    {
        for (var factor = 2; factor * factor <= length; factor++)
            if (length % factor == 0) return factor;
        return length;
    }
}
