using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Scheduling;

/// <summary>What a request needs of an instance, and its standing in the queue.</summary>
/// <param name="Model">The model, aliases resolved.</param>
/// <param name="Endpoint">What it must serve.</param>
/// <param name="Namespace">The unit of fairness.</param>
/// <param name="Weight">The namespace's share; above 0.</param>
/// <param name="Priority">Which queue it waits in.</param>
/// <param name="PrefixHash">Hash of the prompt's beginning, or 0.</param>
/// <param name="Excluded">Nodes that have failed this request; <see langword="null"/> means none.</param>
/// <param name="MustContinuePrefix">Only instances that can go on from an unfinished answer.</param>
/// <param name="AwaitsReturn">Whether the request, when no other node can serve it, waits for one of the excluded to recover.</param>
/// <param name="Subcloud">Only nodes that serve this subcloud; <see langword="null"/> means the main cloud.</param>
/// <param name="MayQueue">Whether the request waits when no slot is free; otherwise it is refused.</param>
/// <param name="Siblings">Nodes that are better left to others of the same call; <see langword="null"/> means none.</param>
internal readonly record struct PlacementQuery(
    string Model,
    InferenceEndpoint Endpoint,
    string Namespace,
    double Weight = 1,
    Priority Priority = Priority.Interactive,
    ulong PrefixHash = 0,
    IReadOnlyList<string>? Excluded = null,
    bool MustContinuePrefix = false,
    bool AwaitsReturn = true,
    string? Subcloud = null,
    bool MayQueue = true,
    SiblingNodes? Siblings = null)
{
    /// <summary>Whether an instance can serve the request, whatever its load.</summary>
    public bool Accepts(Instance instance)
    {
        if ((instance.Endpoints & Endpoint.Bit) == 0 || (MustContinuePrefix && !instance.Offer.ContinuesPrefix) || !instance.Node.Reach.Serves(Subcloud))
        {
            return false;
        }

        if (Excluded is not null)
        {
            for (var i = 0; i < Excluded.Count; i++)
            {
                if (Excluded[i] == instance.Node.Id)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
