using System.Runtime.InteropServices;
using Resultity.Contracts.Fleet;

namespace Resultity.Serving.Scheduling;

/// <summary>All instances of one model, and who waits for one.</summary>
internal sealed class ModelPool(string model)
{
    private readonly List<Instance> _available = [];

    private HashSet<string>? _subclouds;

    public string Model { get; } = model;

    /// <summary>Whether a node has offered it to the main cloud since the start.</summary>
    public bool IsKnownInMain { get; private set; }

    public List<Instance> Instances { get; } = [];

    public FairQueue Interactive { get; } = new();

    public FairQueue Background { get; } = new();

    /// <summary>Placements since the background queue last had its turn.</summary>
    public int SinceBackground { get; set; }

    /// <summary>Which instance served a prompt's beginning last.</summary>
    public PrefixAffinity Affinity { get; } = new();

    /// <summary>How fast its queue moves.</summary>
    public QueueForecast Forecast { get; } = new();

    public int Waiting => Interactive.Count + Background.Count;

    /// <summary>Instances with a free slot, in no order.</summary>
    public ReadOnlySpan<Instance> Available => CollectionsMarshal.AsSpan(_available);

    /// <summary>Whether a node has offered it to a subcloud (to the main cloud where <see langword="null"/>) since the start.</summary>
    public bool IsKnownIn(string? subcloud) => subcloud is null ? IsKnownInMain : _subclouds?.Contains(subcloud) == true;

    /// <summary>A node that serves these clouds offers it.</summary>
    public void MakeKnown(NodeReach reach)
    {
        IsKnownInMain |= reach.Main;
        foreach (var subcloud in reach.Subclouds)
        {
            (_subclouds ??= new(StringComparer.Ordinal)).Add(subcloud);
        }
    }

    /// <summary>The instances that a subcloud, or the main cloud, reaches.</summary>
    public IReadOnlyList<Instance> InstancesIn(string? subcloud) => Instances.FindAll(instance => instance.Node.Reach.Serves(subcloud));

    /// <summary>A subcloud is gone; one of that name that is made later begins with nothing.</summary>
    public void Forget(string subcloud) => _subclouds?.Remove(subcloud);

    /// <summary>What the instances serve that a subcloud, or the main cloud, reaches.</summary>
    public ulong EndpointsIn(string? subcloud)
    {
        ulong bits = 0;
        foreach (var instance in Instances)
        {
            if (instance.Node.Reach.Serves(subcloud))
            {
                bits |= instance.Endpoints;
            }
        }

        return bits;
    }

    /// <summary>The load that will end first, if the model is ready on no node that the subcloud, or the main cloud, reaches.</summary>
    public ModelLoading? LoadingIn(string? subcloud)
    {
        ModelLoading? first = null;
        foreach (var instance in Instances)
        {
            if (!instance.Node.Reach.Serves(subcloud))
            {
                continue;
            }

            if (instance.Offer.State == ModelState.Ready)
            {
                return null;
            }

            if (instance.Offer.Loading is { } loading && (first is null || Left(loading) < Left(first)))
            {
                first = loading;
            }
        }

        return first;

        static double Left(ModelLoading loading) => loading.EtaSeconds ?? double.MaxValue;
    }

    /// <summary>Puts an instance into the list of those with a free slot, or takes it out, as its state says.</summary>
    public void Refresh(Instance instance)
    {
        if (instance.HasFreeSlot == (instance.AvailableIndex >= 0))
        {
            return;
        }

        if (instance.AvailableIndex < 0)
        {
            instance.AvailableIndex = _available.Count;
            _available.Add(instance);
            return;
        }

        var last = _available[^1];
        _available[instance.AvailableIndex] = last;
        last.AvailableIndex = instance.AvailableIndex;
        _available.RemoveAt(_available.Count - 1);
        instance.AvailableIndex = -1;
    }
}
