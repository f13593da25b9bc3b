using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Serving.Batches;

/// <summary>The batches that run in this process now. Safe for concurrent use.</summary>
public sealed class LiveBatches
{
    private readonly ConcurrentDictionary<string, BatchRun> _runs = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _runs.Count;

    /// <summary>All runs, as of now.</summary>
    internal IEnumerable<BatchRun> All => _runs.Values;

    internal bool TryFind(string id, [NotNullWhen(true)] out BatchRun? run) => _runs.TryGetValue(id, out run);

    internal void Add(BatchRun run) => _runs[run.Batch.Id] = run;

    internal void Remove(BatchRun run) => _runs.TryRemove(KeyValuePair.Create(run.Batch.Id, run));
}
