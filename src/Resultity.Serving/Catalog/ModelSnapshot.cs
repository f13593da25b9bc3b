using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Serving.Catalog;

/// <summary>A model as clients see it: what all nodes that offer it say, put together.</summary>
/// <param name="Id">The name that clients use.</param>
/// <param name="Endpoints">The paths that at least one reachable node serves it under; empty while no node can be reached.</param>
/// <param name="Nodes">How many nodes offer it now.</param>
/// <param name="Slots">How many requests they run at once.</param>
/// <param name="Running">How many they run now.</param>
/// <param name="Waiting">How many wait for it.</param>
/// <param name="ContextLength">The longest context that a node offers.</param>
/// <param name="Created">Unix seconds of its creation, or of when it was first seen.</param>
/// <param name="OwnedBy">Who made it.</param>
/// <param name="Ready">Whether an instance is loaded.</param>
/// <param name="Voices">Voices that it speaks with, in the order of its runtime; empty where it does not speak.</param>
public sealed record ModelSnapshot(
    string Id,
    IReadOnlyList<string> Endpoints,
    int Nodes,
    int Slots,
    int Running,
    int Waiting,
    int? ContextLength,
    long Created,
    string OwnedBy,
    bool Ready,
    IReadOnlyList<string> Voices)
{
    /// <summary>What it consists of, if it is several models; <see langword="null"/> for one.</summary>
    public MultimodelSpec? Multimodel { get; init; }
}
