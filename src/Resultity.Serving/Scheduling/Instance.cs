using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Scheduling;

/// <summary>One model on one node, as the scheduler counts it.</summary>
internal sealed class Instance(NodeEntry node, ModelPool pool, ModelOffer offer)
{
    public NodeEntry Node { get; } = node;

    public ModelPool Pool { get; } = pool;

    public ModelOffer Offer { get; private set; } = offer;

    public ulong Endpoints { get; private set; } = EndpointBits(offer);

    public int Running { get; set; }

    /// <summary>Where it stands in its pool's list of instances with a free slot; -1 when it is not there.</summary>
    public int AvailableIndex { get; set; } = -1;

    /// <summary>No longer offered: it takes nothing new and is forgotten when its last request ends.</summary>
    public bool IsWithdrawn { get; set; }

    public bool HasFreeSlot =>
        Running < Offer.Slots && !IsWithdrawn && !Node.IsDraining && Offer.State is not (ModelState.Failed or ModelState.Untested);

    public void Update(ModelOffer offer)
    {
        Offer = offer;
        Endpoints = EndpointBits(offer);
    }

    private static ulong EndpointBits(ModelOffer offer)
    {
        ulong bits = 0;
        foreach (var path in offer.Endpoints)
        {
            if (InferenceEndpoint.TryFind(path, out var endpoint))
            {
                bits |= endpoint.Bit;
            }
        }

        return bits;
    }
}
