using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Catalog;

/// <summary>The models there are, and what their names stand for. Safe for concurrent use.</summary>
public sealed class ModelCatalog
{
    private readonly Dispatcher _dispatcher;
    private readonly CatalogOptions _options;
    private readonly long _started;

    internal ModelCatalog(Dispatcher dispatcher, CatalogOptions options, NamedMultimodels named, TimeProvider time)
    {
        Named = named;
        _dispatcher = dispatcher;
        _options = options;
        _started = time.GetUtcNow().ToUnixTimeSeconds();
    }

    /// <summary>Whether a model that is not known yet may still turn up: the gateway has just started, and nodes are on their way back.</summary>
    public bool IsFilling => _dispatcher.AwaitsNodes;

    /// <summary>The model that a name stands for: the alias's target, or the name itself.</summary>
    public string Resolve(string name) => _options.Aliases.GetValueOrDefault(name, name);

    /// <summary>The multimodels that have a name.</summary>
    public NamedMultimodels Named { get; }

    /// <summary>Which models a request goes to if it goes to several; <see langword="null"/> for the usual one.</summary>
    /// <remarks>A model that is served under a name wins over what the name could stand for otherwise.</remarks>
    internal Outcome<Plan>? FindPlan(InferenceRequest request)
    {
        if (request.Multimodel is { } spec)
        {
            return PlanBuilder.Build(spec, Names(request.Caller), spec.Mode == MultimodelMode.Fallback ? "models" : "multimodel.models");
        }

        var name = Resolve(request.Model);
        return Named.IsEmpty && !PlanText.MayBe(name) ? null : PlanBuilder.Build(name, Names(request.Caller));
    }

    /// <summary>All models that a caller can use now, in the cloud that it asks in, sorted by name, aliases and named multimodels included.</summary>
    public IReadOnlyList<ModelSnapshot> List(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var models = List((scheduler, pool) => scheduler.FindPool(pool.Model, caller.Subcloud) is null ? [] : pool.InstancesIn(caller.Subcloud));
        if (!Named.IsEmpty)
        {
            models.AddRange(Named.All.Where(named => !models.Exists(model => model.Id == named.Name)).Select(named => Find(caller, named.Name)).OfType<ModelSnapshot>().ToList());
            models.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id));
        }

        return caller.AllowedModels is { } allowed ? [.. models.Where(model => model.Multimodel is not null || allowed.Contains(model.Id))] : models;
    }

    /// <summary>All models that a node offers now, whatever cloud it serves: for the operator.</summary>
    public IReadOnlyList<ModelSnapshot> ListAll() => List(static (_, pool) => pool.Instances);

    /// <summary>Every name that a node can be found for now, aliases included; names in a subcloud as <c>model@subcloud</c>.</summary>
    internal IReadOnlyCollection<string> Offered()
    {
        var offered = _dispatcher.Read(static scheduler => scheduler.Pools.Values.SelectMany(static pool => pool.Instances.SelectMany(instance =>
        {
            IEnumerable<string?> clouds = instance.Node.Reach.Subclouds;
            return instance.Node.Reach.Main ? clouds.Prepend(null) : clouds;
        }).Distinct().Select(subcloud => (pool.Model, Subcloud: subcloud))).ToList());
        return [.. offered.SelectMany(model => _options.Aliases.Where(alias => alias.Value == model.Model).Select(static alias => alias.Key).Prepend(model.Model)
            .Select(name => SubcloudNamespace.Of(name, model.Subcloud)))];
    }

    /// <summary>
    /// One model by its name or alias, or several by a name or a spelling; <see langword="null"/> if the caller may not use it, or if no node has
    /// offered it to the caller's cloud since the start.
    /// </summary>
    public ModelSnapshot? Find(Caller caller, string name)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(name);
        var resolved = Resolve(name);
        if ((Named.IsEmpty && !PlanText.MayBe(resolved)) || PlanBuilder.Build(resolved, Names(caller)) is not { } several)
        {
            return FindOne(caller, name);
        }

        // Who may use the whole by its name may use all of it.
        var mayUseAll = caller.AllowedModels?.Contains(name) != false;
        return several.TryGet(out var plan, out _)
            ? MultimodelSnapshot.Of(name, plan, member => mayUseAll || caller.AllowedModels!.Contains(member) ? FindPool(caller, member) : null, _started, Named.Find(name))
            : null;
    }

    /// <summary>A model for a request that names none: of those that serve the endpoint and that the caller may use, a loaded one, the first by name.</summary>
    public string? DefaultFor(InferenceEndpoint endpoint, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return List(caller).Where(model => model.Multimodel is null && model.Endpoints.Contains(endpoint.Path)).OrderByDescending(static model => model.Ready).FirstOrDefault()?.Id;
    }

    private ModelSnapshot? FindOne(Caller caller, string name) =>
        caller.AllowedModels?.Contains(name) != false && FindPool(caller, name) is { } model ? model with { Id = name } : null;

    private ModelSnapshot? FindPool(Caller caller, string name) => _dispatcher.Read(scheduler =>
        scheduler.FindPool(Resolve(name), caller.Subcloud) is { } pool ? Describe(pool, pool.InstancesIn(caller.Subcloud)) : null);

    private List<ModelSnapshot> List(Func<Scheduler, ModelPool, IReadOnlyList<Instance>> reach)
    {
        var models = _dispatcher.Read(scheduler => scheduler.Pools.Values
            .Select(pool => (Pool: pool, Instances: reach(scheduler, pool)))
            .Where(static model => model.Instances.Count > 0)
            .Select(model => Describe(model.Pool, model.Instances)).ToList());
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

    private PlanNames Names(Caller caller) => new(name => _dispatcher.Read(scheduler => scheduler.FindPool(Resolve(name), caller.Subcloud) is not null), Named.Find);

    private ModelSnapshot Describe(ModelPool pool, IReadOnlyList<Instance> instances)
    {
        var offers = instances.Select(static instance => instance.Offer).ToList();
        return new ModelSnapshot(
            pool.Model,
            [.. offers.SelectMany(offer => offer.Endpoints).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            offers.Count,
            offers.Sum(offer => offer.Slots),
            instances.Sum(static instance => instance.Running),
            pool.Waiting,
            offers.Max(offer => offer.ContextLength),
            offers.Min(offer => offer.Created) ?? _started,
            offers.Select(offer => offer.OwnedBy).FirstOrDefault(owner => owner is not null) ?? "resultity",
            offers.Any(offer => offer.State == ModelState.Ready),
            [.. offers.SelectMany(static offer => offer.Voices ?? []).Distinct(StringComparer.Ordinal)]);
    }
}
