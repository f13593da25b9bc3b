namespace Resultity.Contracts.Fleet;

/// <summary>A node's heartbeat: all that is true of it now. Sent every second, and at once when its offers change.</summary>
public sealed record NodeStatus
{
    /// <summary>Counts up from 1 within one process of the node; an older status that arrives late is ignored.</summary>
    public required long Sequence { get; init; }

    /// <summary>What can be served. Absent when nothing changed since the last status that carried it; a gateway that does not know them answers 409.</summary>
    public IReadOnlyList<ModelOffer>? Offers { get; init; }

    /// <summary>Where the node says it stands, such as <c>eu-west</c>.</summary>
    public string? Region { get; init; }

    /// <summary>The subclouds that the node's owner wants it to serve.</summary>
    public IReadOnlyList<string>? Subclouds { get; init; }

    /// <summary>True when the node finishes what runs and takes nothing new.</summary>
    public bool Draining { get; init; }

    /// <summary>Requests that run on the node now.</summary>
    public int Running { get; init; }

    /// <summary>Bytes of memory that are free for models, as far as the system says.</summary>
    public long FreeMemory { get; init; }

    /// <summary>Bytes of memory the system has in total.</summary>
    public long TotalMemory { get; init; }

    /// <summary>What the node has to do with models that are sharded over nodes; absent when it takes no part in that.</summary>
    public ShardReport? Shards { get; init; }
}
