using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Serving.Sharding;

/// <summary>The leases in force: which node may open raw streams to which. Nothing else may. Safe for concurrent use.</summary>
public sealed class ShardLeases
{
    private readonly ConcurrentDictionary<string, (string Head, string Member)> _leases = new(StringComparer.Ordinal);

    /// <summary>The node that a stream under a lease goes to.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="openedBy">The node that opens the stream; only the lease's head may.</param>
    /// <param name="member">The node that holds the layers.</param>
    public bool TryFind(string leaseId, string openedBy, [NotNullWhen(true)] out string? member)
    {
        member = _leases.TryGetValue(leaseId, out var lease) && lease.Head == openedBy ? lease.Member : null;
        return member is not null;
    }

    internal void Add(string leaseId, string head, string member) => _leases[leaseId] = (head, member);

    internal void Remove(string leaseId) => _leases.TryRemove(leaseId, out _);

    internal bool Contains(string leaseId) => _leases.ContainsKey(leaseId);
}
