namespace Resultity.Onnx.Text.Sampling;

/// <summary>Narrowing the vocabulary to the tokens worth drawing from.</summary>
internal static class Candidates
{
    /// <summary>Collects tokens of at least this weight, in order of their ids.</summary>
    public static int Select(ReadOnlySpan<float> weights, float least, Span<float> keys, Span<int> ids)
    {
        var count = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] < least) continue;
            keys[count] = weights[i];
            ids[count++] = i;
        }
        return count;
    }

    /// <summary>Sorts by weight, heaviest first; of equals, the lower id first, so that a draw does not depend on how sorting works.</summary>
    public static void SortDescending(Span<float> keys, Span<int> ids)
    {
        keys.Sort(ids, static (a, b) => b.CompareTo(a));
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > 1) ids[start..end].Sort();
            start = end;
        }
    }

    /// <summary>How many of the heaviest together reach a weight.</summary>
    public static int Nucleus(ReadOnlySpan<float> sorted, double weight)
    {
        var sum = 0.0;
        for (var i = 0; i < sorted.Length; i++)
        {
            sum += sorted[i];
            if (sum >= weight) return i + 1;
        }
        return sorted.Length;
    }
}
