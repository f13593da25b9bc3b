namespace Resultity.Onnx.Tokenizers;

/// <summary>
/// A part of a prompt that came from outside, in UTF-16 units: nothing in it, nor across its borders, is read as a special token.
/// </summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">How long it is; at least 1.</param>
public readonly record struct PlainRange(int Start, int Length)
{
    internal int End => Start + Length;

    /// <summary>Whether any of the ordered ranges touches [start, end).</summary>
    internal static bool AnyTouches(ReadOnlySpan<PlainRange> ranges, int start, int end)
    {
        int low = 0, high = ranges.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].End <= start) low = middle + 1;
            else high = middle;
        }
        return low < ranges.Length && ranges[low].Start < end;
    }
}
