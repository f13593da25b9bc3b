namespace Resultity.Serving.Sharding;

/// <summary>What the groups look at together: the nodes, what of their memory is taken, and a signal when anything changed.</summary>
internal sealed class ShardBoard(IShardFleet fleet)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ShardGroup> _groups = new(StringComparer.Ordinal);
    private TaskCompletionSource _change = Make();

    public IReadOnlyCollection<ShardGroup> Groups
    {
        get
        {
            lock (_gate)
            {
                return [.. _groups.Values];
            }
        }
    }

    /// <summary>Ends when something has changed since the call. Ask before you look.</summary>
    public Task NextChange()
    {
        lock (_gate)
        {
            return _change.Task;
        }
    }

    public void Changed()
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            (change, _change) = (_change, Make());
        }

        change.TrySetResult();
    }

    public void Add(ShardGroup group)
    {
        lock (_gate)
        {
            _groups[group.Now.Wish.Model] = group;
        }
    }

    public void Remove(ShardGroup group)
    {
        lock (_gate)
        {
            if (_groups.GetValueOrDefault(group.Now.Wish.Model) == group)
            {
                _groups.Remove(group.Now.Wish.Model);
            }
        }
    }

    public ShardGroup? Find(string model)
    {
        lock (_gate)
        {
            return _groups.GetValueOrDefault(model);
        }
    }

    /// <summary>The nodes that a group may use, with the memory that the other groups leave them.</summary>
    public IReadOnlyList<ShardCandidate> CandidatesFor(string? groupId)
    {
        var taken = Groups.Where(group => group.Now.Id != groupId).SelectMany(group => group.Now.Plan?.Parts ?? [])
            .GroupBy(part => part.NodeId, StringComparer.Ordinal).ToDictionary(parts => parts.Key, parts => parts.Sum(part => part.Bytes), StringComparer.Ordinal);
        return [.. fleet.Nodes.Where(node => node.TakesNew).Select(node => new ShardCandidate(
            node.Id, node.Name, Math.Max(0, node.Report.Memory - taken.GetValueOrDefault(node.Id)), node.RoundTrip, node.Report.CanBeMember,
            node.Report.Bandwidth, node.LinkSpeed, node.Report.Models))];
    }

    private static TaskCompletionSource Make() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
