namespace Resultity.Serving.Scheduling;

/// <summary>A node as the scheduler knows it.</summary>
internal sealed class NodeEntry(string id)
{
    public string Id { get; } = id;

    public string? Region { get; set; }

    /// <summary>Whose requests it serves.</summary>
    public NodeReach Reach { get; set; } = NodeReach.MainOnly;

    public bool IsDraining { get; set; }

    public Dictionary<string, Instance> Instances { get; } = new(StringComparer.Ordinal);

    /// <summary>Failures in a row; the node is passed over until <see cref="AvoidUntil"/> while others can serve.</summary>
    public int Failures { get; private set; }

    /// <summary>A timestamp of the scheduler's clock, in its ticks.</summary>
    public long AvoidUntil { get; private set; }

    public void Failed(long now, long firstPause, long longestPause)
    {
        Failures++;
        AvoidUntil = now + Math.Min(firstPause << Math.Min(Failures - 1, 16), longestPause);
    }

    public void Succeeded()
    {
        Failures = 0;
        AvoidUntil = 0;
    }
}
