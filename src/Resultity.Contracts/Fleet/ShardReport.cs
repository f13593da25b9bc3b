namespace Resultity.Contracts.Fleet;

/// <summary>What a node lends to models that are sharded over several nodes, and how its parts of them are now.</summary>
public sealed record ShardReport
{
    /// <summary>Bytes of memory that the node lends to layers, those that its parts hold now included.</summary>
    public long Memory { get; init; }

    /// <summary>Whether it can hold layers for another node: the engine for that is installed and memory is lent.</summary>
    public bool CanBeMember { get; init; }

    /// <summary>Bytes of weights per second that the node reads when it computes, as measured on its memory; absent when not measured.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>Models whose file the node has and that it may serve with the help of others.</summary>
    public IReadOnlyList<ShardableModel> Models { get; init; } = [];

    /// <summary>The leases under which it holds layers for other nodes.</summary>
    public IReadOnlyList<LeaseReport> Leases { get; init; } = [];

    /// <summary>The sharded models that it serves as their head.</summary>
    public IReadOnlyList<GroupReport> Groups { get; init; } = [];
}

/// <summary>A model file that can be spread over nodes, as its header describes it. Sizes in bytes.</summary>
public sealed record ShardableModel
{
    /// <summary>The name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>The file's size.</summary>
    public long FileBytes { get; init; }

    /// <summary>The weights of each repeating layer, first to last.</summary>
    public required IReadOnlyList<long> LayerBytes { get; init; }

    /// <summary>The weights outside of the layers: embedding and output, which stay on the head.</summary>
    public long OuterBytes { get; init; }

    /// <summary>What one token of context takes in the cache of one layer.</summary>
    public long CacheBytesPerToken { get; init; }

    /// <summary>The width of the model's state between two layers, in numbers.</summary>
    public int Width { get; init; }

    /// <summary>Tokens in its vocabulary.</summary>
    public int Vocabulary { get; init; }

    /// <summary>The context it was trained with, in tokens; 0 when the file does not say.</summary>
    public int ContextLength { get; init; }
}

/// <summary>Layers held for another node.</summary>
/// <param name="Id">The lease.</param>
/// <param name="State">How its engine is.</param>
/// <param name="Reason">Why it failed.</param>
public sealed record LeaseReport(string Id, PartState State, string? Reason = null);

/// <summary>A sharded model that the node serves as its head.</summary>
/// <param name="Id">The group.</param>
/// <param name="Generation">Which plan of the group; counts up with each new plan.</param>
/// <param name="State">How its engine is.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="LoadSeconds">How long it took from the order to the first answer; absent before that.</param>
public sealed record GroupReport(string Id, int Generation, PartState State, string? Reason = null, double? LoadSeconds = null);

/// <summary>Where a part of a sharded model is in its life.</summary>
public enum PartState
{
    /// <summary>Its engine starts, or loads its layers.</summary>
    Loading,

    /// <summary>It has answered a test.</summary>
    Ready,

    /// <summary>Its engine ended or does not answer any more.</summary>
    Failed,
}
