namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>Applies merges in order of rank, then of position, until none applies.</summary>
internal static class BpeMerging
{
    // Below this a scan of all pairs per merge is faster than a queue; above it the scan would be quadratic.
    private const int ScanLimit = 24;

    public static void Run(List<int> symbols, Dictionary<ulong, BpeModel.Merge> merges)
    {
        if (symbols.Count < 2) return;
        if (symbols.Count <= ScanLimit) Scan(symbols, merges);
        else Queue(symbols, merges);
    }

    private static void Scan(List<int> symbols, Dictionary<ulong, BpeModel.Merge> merges)
    {
        Span<int> ids = stackalloc int[ScanLimit];
        Span<BpeModel.Merge> next = stackalloc BpeModel.Merge[ScanLimit];
        var count = symbols.Count;
        for (var i = 0; i < count; i++) ids[i] = symbols[i];
        for (var i = 0; i + 1 < count; i++) next[i] = Find(merges, ids[i], ids[i + 1]);
        while (true)
        {
            var best = -1;
            for (var i = 0; i + 1 < count; i++)
                if (next[i].Rank != int.MaxValue && (best < 0 || next[i].Rank < next[best].Rank)) best = i;
            if (best < 0) break;
            ids[best] = next[best].Id;
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            next[(best + 1)..(count - 1)].CopyTo(next[best..]);
            count--;
            if (best > 0) next[best - 1] = Find(merges, ids[best - 1], ids[best]);
            if (best + 1 < count) next[best] = Find(merges, ids[best], ids[best + 1]);
        }
        symbols.Clear();
        foreach (var id in ids[..count]) symbols.Add(id);
    }

    /// <summary>A linked list of symbols and a queue of candidate merges; outdated candidates are recognised when they come up.</summary>
    private static void Queue(List<int> symbols, Dictionary<ulong, BpeModel.Merge> merges)
    {
        var count = symbols.Count;
        var ids = symbols.ToArray();
        var previous = new int[count];
        var following = new int[count];
        var candidates = new List<(int, ulong)>(count);
        for (var i = 0; i < count; i++)
        {
            (previous[i], following[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            if (i + 1 < count && Find(merges, ids[i], ids[i + 1]) is { Rank: not int.MaxValue } merge) candidates.Add((i, Priority(merge.Rank, i)));
        }
        var queue = new PriorityQueue<int, ulong>(candidates);
        while (queue.TryDequeue(out var at, out var priority))
        {
            var right = ids[at] < 0 ? -1 : following[at];
            if (right < 0) continue;
            var merge = Find(merges, ids[at], ids[right]);
            if (merge.Rank != (int)(priority >> 32)) continue;
            ids[at] = merge.Id;
            ids[right] = -1;
            following[at] = following[right];
            if (following[at] >= 0)
            {
                previous[following[at]] = at;
                Enqueue(queue, merges, ids, at, following[at]);
            }
            if (previous[at] >= 0) Enqueue(queue, merges, ids, previous[at], at);
        }
        symbols.Clear();
        for (var at = 0; at >= 0; at = following[at]) symbols.Add(ids[at]);
    }

    private static void Enqueue(PriorityQueue<int, ulong> queue, Dictionary<ulong, BpeModel.Merge> merges, int[] ids, int left, int right)
    {
        if (Find(merges, ids[left], ids[right]) is { Rank: not int.MaxValue } merge) queue.Enqueue(left, Priority(merge.Rank, left));
    }

    private static ulong Priority(int rank, int position) => ((ulong)(uint)rank << 32) | (uint)position;

    private static BpeModel.Merge Find(Dictionary<ulong, BpeModel.Merge> merges, int left, int right) =>
        merges.TryGetValue(BpeModel.Key(left, right), out var merge) ? merge : new BpeModel.Merge(int.MaxValue, -1);
}
