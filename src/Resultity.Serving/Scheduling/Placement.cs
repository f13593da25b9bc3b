using Resultity.Contracts.Fleet;

namespace Resultity.Serving.Scheduling;

/// <summary>A slot that a request holds. It is given back exactly once, however often <see cref="Release"/> is called.</summary>
internal sealed class Placement(Dispatcher dispatcher, Instance instance)
{
    private int _released;

    public string NodeId => instance.Node.Id;

    public string Model => instance.Offer.Model;

    /// <summary>How far the model's load is on the node; <see langword="null"/> if it is ready.</summary>
    public ModelLoading? Loading => instance.Offer.Loading;

    public bool ContinuesPrefix => instance.Offer.ContinuesPrefix;

    /// <summary>Gives the slot back and says whether the node is to blame for a failure.</summary>
    public void Release(bool nodeFailed)
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            dispatcher.Release(instance, nodeFailed);
        }
    }
}
