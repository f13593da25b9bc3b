namespace Resultity.Serving.Scheduling;

/// <summary>Remembers which instance served a prompt's beginning last, for a bounded number of beginnings.</summary>
internal sealed class PrefixAffinity
{
    private const int Size = 1024;
    private (ulong Hash, Instance? Instance)[]? _entries;

    public Instance? Find(ulong prefixHash)
    {
        if (prefixHash == 0 || _entries is null)
        {
            return null;
        }

        ref var entry = ref _entries[prefixHash % Size];
        return entry.Hash == prefixHash ? entry.Instance : null;
    }

    public void Remember(ulong prefixHash, Instance instance)
    {
        if (prefixHash != 0)
        {
            _entries ??= new (ulong, Instance?)[Size];
            _entries[prefixHash % Size] = (prefixHash, instance);
        }
    }

    public void Forget(Instance instance)
    {
        for (var i = 0; i < (_entries?.Length ?? 0); i++)
        {
            if (ReferenceEquals(_entries![i].Instance, instance))
            {
                _entries[i] = default;
            }
        }
    }
}
