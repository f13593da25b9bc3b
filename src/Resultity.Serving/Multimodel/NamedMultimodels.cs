using System.Collections.Frozen;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Serving.Multimodel;

/// <summary>Multimodels that an operator gave a name, as this process knows them. Safe for concurrent use; reading takes no lock.</summary>
public sealed class NamedMultimodels
{
    private volatile FrozenDictionary<string, MultimodelSpec> _specs = FrozenDictionary<string, MultimodelSpec>.Empty;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _specs.Count == 0;

    /// <summary>Every one with its name.</summary>
    public IEnumerable<(string Name, MultimodelSpec Spec)> All => _specs.Select(static pair => (pair.Key, pair.Value));

    /// <summary>One by its name; <see langword="null"/> if there is none.</summary>
    public MultimodelSpec? Find(string name) => _specs.GetValueOrDefault(name);

    /// <summary>Whether several models can be called by one name: what their members' own names say is looked at, not whether there are such models.</summary>
    public static Fault? Check(MultimodelSpec spec) => PlanBuilder.Build(spec, PlanNames.None, "models").Fault;

    /// <summary>Replaces all of them.</summary>
    public void Set(IEnumerable<KeyValuePair<string, MultimodelSpec>> specs) => _specs = specs.ToFrozenDictionary(StringComparer.Ordinal);
}
