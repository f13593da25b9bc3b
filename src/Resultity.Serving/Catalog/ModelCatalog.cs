using Resultity.Contracts.Fleet;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Catalog;

/// <summary>The models there are, and what their names stand for. Safe for concurrent use.</summary>
public sealed class ModelCatalog
{
    private readonly Dispatcher _dispatcher;
    private readonly CatalogOptions _options;
    private readonly long _started;

    internal ModelCatalog(Dispatcher dispatcher, CatalogOptions options, TimeProvider time)
    {
        _dispatcher = dispatcher;
        _options = options;
        _started = time.GetUtcNow().ToUnixTimeSeconds();
    }

    /// <summary>The model that a name stands for: the alias's target, or the name itself.</summary>
    public string Resolve(string name) => _options.Aliases.GetValueOrDefault(name, name);

    /// <summary>All models that a node offers now, sorted by name, aliases included.</summary>
    public IReadOnlyList<ModelSnapshot> List()
    {
        var models = _dispatcher.Read(scheduler => scheduler.Pools.Values.Where(pool => pool.Instances.Count > 0).Select(Describe).ToList());
        var byId = models.ToDictionary(model => model.Id, StringComparer.Ordinal);
        foreach (var (alias, target) in _options.Aliases)
        {
            if (byId.TryGetValue(target, out var model) && !byId.ContainsKey(alias))
            {
                models.Add(model with { Id = alias });
            }
        }

        models.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        return models;
    }

    /// <summary>One model by its name or alias; <see langword="null"/> if no node has offered it since the start.</summary>
    public ModelSnapshot? Find(string name)
    {
        var model = _dispatcher.Read(scheduler => scheduler.FindPool(Resolve(name)) is { } pool ? Describe(pool) : null);
        return model is null ? null : model with { Id = name };
    }

    private ModelSnapshot Describe(ModelPool pool)
    {
        var offers = pool.Instances.ConvertAll(instance => instance.Offer);
        return new ModelSnapshot(
            pool.Model,
            [.. offers.SelectMany(offer => offer.Endpoints).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            offers.Count,
            offers.Sum(offer => offer.Slots),
            pool.Instances.Sum(instance => instance.Running),
            pool.Waiting,
            offers.Max(offer => offer.ContextLength),
            offers.Min(offer => offer.Created) ?? _started,
            offers.Select(offer => offer.OwnedBy).FirstOrDefault(owner => owner is not null) ?? "resultity",
            offers.Any(offer => offer.State == ModelState.Ready));
    }
}
