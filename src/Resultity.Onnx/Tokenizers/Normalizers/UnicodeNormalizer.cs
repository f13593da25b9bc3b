using System.Text;

namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>The four normalization forms of Unicode Standard Annex 15.</summary>
internal sealed class UnicodeNormalizer(bool compose, bool compatible) : INormalizer
{
    // The constants of the Hangul algorithm (The Unicode Standard, section 3.12).
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, NCount = VCount * TCount, SCount = LCount * NCount;

    // Text below this bound is the same in the form.
    private readonly char _inert = (compose, compatible) switch { (true, false) => '\u0300', (_, true) => '\u00A0', _ => '\u00C0' };

    public string Normalize(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(_inert - 1)) < 0) return text;
        var points = Decompose(text);
        if (compose) Compose(points);
        var result = new StringBuilder(points.Count);
        foreach (var (value, _) in points)
        {
            if (value < 0x10000) result.Append((char)value);
            else result.Append(new Rune(value));
        }
        return result.ToString();
    }

    private List<(int Value, int Class)> Decompose(string text)
    {
        var tables = UnicodeTables.Instance;
        var points = new List<(int Value, int Class)>(text.Length + (text.Length >> 2));
        for (var i = 0; i < text.Length; i++)
        {
            int value = text[i];
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) value = char.ConvertToUtf32(text[i], text[++i]);
            if (value is >= SBase and < SBase + SCount)
            {
                var syllable = value - SBase;
                points.Add((LBase + (syllable / NCount), 0));
                points.Add((VBase + (syllable % NCount / TCount), 0));
                if (syllable % TCount != 0) points.Add((TBase + (syllable % TCount), 0));
            }
            else if (value >= 0xA0 && tables.Decomposition(value, compatible) is { } parts)
            {
                foreach (var part in parts) points.Add((part, tables.CombiningClass(part)));
            }
            else
            {
                points.Add((value, tables.CombiningClass(value)));
            }
        }
        Reorder(points);
        return points;
    }

    /// <summary>Stable sort of every run of combining marks by class; a merge sort, since a hostile text can be one long run.</summary>
    private static void Reorder(List<(int Value, int Class)> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            if (points[start].Class == 0) continue;
            var end = start + 1;
            var sorted = true;
            for (; end < points.Count && points[end].Class != 0; end++) sorted &= points[end - 1].Class <= points[end].Class;
            if (!sorted)
            {
                var run = points.GetRange(start, end - start).OrderBy(static point => point.Class).ToList();
                for (var i = 0; i < run.Count; i++) points[start + i] = run[i];
            }
            start = end;
        }
    }

    private static void Compose(List<(int Value, int Class)> points)
    {
        var tables = UnicodeTables.Instance;
        int starter = -1, previous = 0, length = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var (value, combining) = points[i];
            var adjacent = starter == length - 1;
            if (starter >= 0 && (adjacent || (previous < combining && previous != 0)) && Pair(tables, points[starter].Value, value) is { } composed)
            {
                points[starter] = (composed, 0);
                continue;
            }
            if (combining == 0) starter = length;
            previous = combining;
            points[length++] = (value, combining);
        }
        points.RemoveRange(length, points.Count - length);
    }

    private static int? Pair(UnicodeTables tables, int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((((first - LBase) * VCount) + (second - VBase)) * TCount);
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
            return first + (second - TBase);
        return tables.Composition(first, second);
    }
}
