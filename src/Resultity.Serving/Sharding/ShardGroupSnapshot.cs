namespace Resultity.Serving.Sharding;

/// <summary>Where a sharded model is in its life.</summary>
public enum ShardState
{
    /// <summary>No plan is possible now; the reason says why.</summary>
    Impossible,

    /// <summary>Members are asked to hold layers, or load them.</summary>
    Loading,

    /// <summary>It serves.</summary>
    Ready,
}

/// <summary>A sharded model as it is now.</summary>
/// <param name="Id">The group.</param>
/// <param name="Wish">What is wanted.</param>
/// <param name="Automatic">Whether no operator asked for it: a node has the file and may share it.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Reason">Why it is impossible, or why the plan before this one ended.</param>
/// <param name="Plan">The plan in force.</param>
/// <param name="Generation">How many plans there were.</param>
/// <param name="Losses">How many of them were lost while they served.</param>
/// <param name="LoadSeconds">How long the plan in force took to load.</param>
/// <param name="Since">Since when it is in this state.</param>
public sealed record ShardGroupSnapshot(
    string Id, ShardWish Wish, bool Automatic, ShardState State, string? Reason, ShardPlan? Plan, int Generation, int Losses, double? LoadSeconds, DateTimeOffset Since);
