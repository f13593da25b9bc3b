using Resultity.Onnx.Text.Decoding;

namespace Resultity.Onnx.Text.Batching;

/// <summary>Keys and values of ended sequences, by their tokens, within a budget of memory; the longest unused go first.</summary>
/// <remarks>The next turn of a chat begins with the whole of the last one, so it need not be computed again. Used by one thread.</remarks>
internal sealed class PrefixCache(long budget, long bytesPerToken) : IDisposable
{
    // Copying fewer than this saves no time.
    public const int LeastTokens = 8;

    private readonly LinkedList<Entry> _entries = [];

    /// <summary>Bytes held.</summary>
    public long Bytes { get; private set; }

    public int Count => _entries.Count;

    /// <summary>The entry that shares most leading tokens with a prompt.</summary>
    /// <returns>How many; 0 if too few to be worth it.</returns>
    public int Find(ReadOnlySpan<int> prompt, out KvSnapshot? snapshot)
    {
        LinkedListNode<Entry>? best = null;
        var length = LeastTokens - 1;
        for (var node = _entries.First; node is not null; node = node.Next)
        {
            var common = prompt.CommonPrefixLength(node.Value.Tokens);
            if (common <= length) continue;
            (best, length) = (node, common);
        }
        snapshot = best?.Value.Snapshot;
        if (best is null) return 0;
        Touch(best);
        return length;
    }

    /// <summary>Keeps a sequence's keys and values, in place of those that it repeats.</summary>
    public void Add(int[] tokens, Decoder decoder, KvRow row)
    {
        var size = tokens.Length * (bytesPerToken + sizeof(int));
        if (tokens.Length < LeastTokens || size > budget) return;
        for (var node = _entries.First; node is not null;)
        {
            var next = node.Next;
            var common = tokens.AsSpan().CommonPrefixLength(node.Value.Tokens);
            if (common == tokens.Length)
            {
                Touch(node);
                return;
            }
            if (common == node.Value.Tokens.Length) Remove(node);
            node = next;
        }
        while (Bytes + size > budget) Remove(_entries.Last!);
        _entries.AddFirst(new Entry(tokens, decoder.Save(row, tokens.Length), size));
        Bytes += size;
    }

    public void Dispose() => Clear();

    /// <summary>Gives all memory back.</summary>
    public void Clear()
    {
        while (_entries.First is { } node) Remove(node);
    }

    private void Touch(LinkedListNode<Entry> node)
    {
        _entries.Remove(node);
        _entries.AddFirst(node);
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node);
        Bytes -= node.Value.Size;
        node.Value.Snapshot.Dispose();
    }

    private sealed record Entry(int[] Tokens, KvSnapshot Snapshot, long Size);
}
