using System.Runtime.InteropServices;

namespace Resultity.Serving.Scheduling;

/// <summary>All instances of one model, and who waits for one.</summary>
internal sealed class ModelPool(string model)
{
    private readonly List<Instance> _available = [];

    public string Model { get; } = model;

    public List<Instance> Instances { get; } = [];

    public FairQueue Interactive { get; } = new();

    public FairQueue Background { get; } = new();

    /// <summary>Placements since the background queue last had its turn.</summary>
    public int SinceBackground { get; set; }

    /// <summary>Which instance served a prompt's beginning last.</summary>
    public PrefixAffinity Affinity { get; } = new();

    public int Waiting => Interactive.Count + Background.Count;

    /// <summary>Instances with a free slot, in no order.</summary>
    public ReadOnlySpan<Instance> Available => CollectionsMarshal.AsSpan(_available);

    public ulong Endpoints
    {
        get
        {
            ulong bits = 0;
            foreach (var instance in Instances)
            {
                bits |= instance.Endpoints;
            }

            return bits;
        }
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
