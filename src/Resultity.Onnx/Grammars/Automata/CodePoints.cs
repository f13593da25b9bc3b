namespace Resultity.Onnx.Grammars.Automata;

/// <summary>A set of Unicode code points, as ordered ranges that do not touch; surrogates are never members.</summary>
internal sealed class CodePoints
{
    private const int Last = 0x10FFFF;
    private readonly List<(int Low, int High)> _ranges;

    private CodePoints(List<(int Low, int High)> ranges) => _ranges = ranges;

    public static CodePoints All { get; } = Of((0, Last));

    public IReadOnlyList<(int Low, int High)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Count == 0;

    public static CodePoints Of(params IEnumerable<(int Low, int High)> ranges)
    {
        var result = new List<(int Low, int High)>();
        foreach (var (low, high) in ranges.SelectMany(WithoutSurrogates).OrderBy(static range => range.Low))
        {
            if (result.Count > 0 && low <= result[^1].High + 1) result[^1] = (result[^1].Low, Math.Max(result[^1].High, high));
            else result.Add((low, high));
        }
        return new CodePoints(result);
    }

    public static CodePoints Of(int value) => Of((value, value));

    public CodePoints Union(CodePoints other) => Of(_ranges.Concat(other._ranges));

    public CodePoints Complement()
    {
        var result = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in _ranges)
        {
            if (low > next) result.Add((next, low - 1));
            next = high + 1;
        }
        if (next <= Last) result.Add((next, Last));
        return Of(result);
    }

    public CodePoints Except(CodePoints other) => Complement().Union(other).Complement();

    public bool Contains(int value) => _ranges.Exists(range => value >= range.Low && value <= range.High);

    private static IEnumerable<(int Low, int High)> WithoutSurrogates((int Low, int High) range)
    {
        if (range.Low < 0xD800 && range.Low <= range.High) yield return (range.Low, Math.Min(range.High, 0xD7FF));
        if (range.High > 0xDFFF && range.Low <= range.High) yield return (Math.Max(range.Low, 0xE000), range.High);
    }
}
