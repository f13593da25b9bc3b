using Resultity.Contracts.Fleet;

namespace Resultity.Serving.Scheduling;

/// <summary>Where the owner of the links reports what is true of the nodes now. Safe for concurrent use; returns at once.</summary>
public interface IFleetFacts
{
    /// <summary>
    /// Nodes that were linked before this gateway started and may dial in any moment: for a while a model that is not known yet may be theirs,
    /// so requests for it wait instead of being told that it does not exist.
    /// </summary>
    void NodesMayReturn(IReadOnlyCollection<string> nodeIds);

    /// <summary>A node can be reached, and offers these models. Said again, it replaces what was said before.</summary>
    void NodeIsUp(string nodeId, string? region, IReadOnlyList<ModelOffer> offers);

    /// <summary>A node takes nothing new; what runs on it goes on.</summary>
    void NodeDrains(string nodeId);

    /// <summary>A node cannot be reached.</summary>
    void NodeIsGone(string nodeId);
}
