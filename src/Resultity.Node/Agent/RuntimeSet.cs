using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Agent;

/// <summary>The node's runtimes as one: which of them serves a model, with how many slots.</summary>
/// <remarks>Thread-safe; readers see one immutable table. When two runtimes offer a model, the one registered first serves it.</remarks>
internal sealed class RuntimeSet : IDisposable
{
    internal sealed record Entry(IRuntime Runtime, ModelOffer Offer, SlotGate Slots);

    private readonly IReadOnlyList<IRuntime> _runtimes;
    private readonly Lock _gate = new();
    private Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public RuntimeSet(IEnumerable<IRuntime> runtimes)
    {
        _runtimes = [.. runtimes];
        foreach (var runtime in _runtimes)
            runtime.OffersChanged += Refresh;
        Refresh();
    }

    /// <summary>Raised after the offers changed.</summary>
    public event Action? Changed;

    public IReadOnlyList<IRuntime> All => _runtimes;

    public IReadOnlyList<ModelOffer> Offers => [.. Volatile.Read(ref _entries).Values.Select(static entry => entry.Offer)];

    public int Running => Volatile.Read(ref _entries).Values.Sum(static entry => entry.Slots.Running);

    public Entry? Find(string model) => Volatile.Read(ref _entries).GetValueOrDefault(model);

    public void Dispose()
    {
        foreach (var runtime in _runtimes)
            runtime.OffersChanged -= Refresh;
    }

    private void Refresh()
    {
        lock (_gate)
        {
            var next = new Dictionary<string, Entry>(StringComparer.Ordinal);
            foreach (var runtime in _runtimes)
            {
                foreach (var offer in runtime.Offers)
                {
                    if (next.ContainsKey(offer.Model))
                        continue;
                    var slots = _entries.TryGetValue(offer.Model, out var known) && known.Runtime == runtime ? known.Slots : new SlotGate();
                    slots.Resize(offer.Slots);
                    next.Add(offer.Model, new Entry(runtime, offer, slots));
                }
            }
            Volatile.Write(ref _entries, next);
        }
        Changed?.Invoke();
    }
}
