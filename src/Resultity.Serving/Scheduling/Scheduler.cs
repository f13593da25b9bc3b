using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Scheduling;

/// <summary>Decides where a request runs: facts in, decisions out. No clock, no lock, no I/O of its own; <see cref="Dispatcher"/> owns it.</summary>
/// <remarks>
/// 1. Filter: instances of the model with a free slot that serve the endpoint and have not failed this request.
/// 2. Score: the instance that has the prompt's beginning in its cache; else the least loaded, a node without siblings before one with them, loaded before cold, healthy before suspect.
/// 3. Pick; or wait in the model's fair queue; or refuse when the queue is full or nothing could ever serve it.
/// A decision looks at no more than <see cref="Sample"/> instances, so its cost does not grow with the network.
/// </remarks>
internal sealed class Scheduler(SchedulingOptions options, long ticksPerSecond, int seed = 17)
{
    /// <summary>How many instances a decision compares at most.</summary>
    public const int Sample = 16;

    private readonly Dictionary<string, ModelPool> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeEntry> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeReach> _reaches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlySet<string>?> _subclouds = new(StringComparer.Ordinal);
    private uint _random = (uint)seed | 1;

    public IReadOnlyDictionary<string, ModelPool> Pools => _pools;

    public IReadOnlyDictionary<string, NodeEntry> Nodes => _nodes;

    /// <summary>A node can be reached and offers these models; requests that wait for them are placed.</summary>
    public void NodeIsUp(string nodeId, string? region, IReadOnlyList<ModelOffer> offers, long now)
    {
        if (!_nodes.TryGetValue(nodeId, out var node))
        {
            _nodes[nodeId] = node = new NodeEntry(nodeId) { Reach = _reaches.GetValueOrDefault(nodeId, NodeReach.MainOnly) };
        }

        node.Region = region;
        node.IsDraining = false;
        foreach (var offer in offers)
        {
            if (node.Instances.TryGetValue(offer.Model, out var instance))
            {
                instance.IsWithdrawn = false;
                instance.Update(offer);
            }
            else
            {
                var pool = PoolOf(offer.Model);
                node.Instances[offer.Model] = instance = new Instance(node, pool, offer);
                pool.Instances.Add(instance);
            }

            instance.Pool.MakeKnown(node.Reach);
            instance.Pool.Refresh(instance);
            PlaceWaiting(instance.Pool, now);
        }

        foreach (var instance in node.Instances.Values.ToArray())
        {
            if (!offers.Any(offer => offer.Model == instance.Offer.Model))
            {
                Withdraw(instance);
            }
        }
    }

    /// <summary>Whose requests a node serves from now on; what runs on it goes on.</summary>
    public void NodeServes(string nodeId, NodeReach reach, long now)
    {
        _reaches[nodeId] = reach;
        if (!_nodes.TryGetValue(nodeId, out var node))
        {
            return;
        }

        node.Reach = reach;
        foreach (var instance in node.Instances.Values)
        {
            instance.Pool.MakeKnown(reach);
            PlaceWaiting(instance.Pool, now);
        }
    }

    /// <summary>There is a subcloud, and these are its models; <see langword="null"/> allows all.</summary>
    public void SubcloudIs(string name, IReadOnlySet<string>? models) => _subclouds[name] = models;

    /// <summary>A subcloud is no more.</summary>
    public void SubcloudIsGone(string name)
    {
        _subclouds.Remove(name);
        foreach (var pool in _pools.Values)
        {
            pool.Forget(name);
        }
    }

    public void NodeDrains(string nodeId)
    {
        if (_nodes.TryGetValue(nodeId, out var node))
        {
            node.IsDraining = true;
            foreach (var instance in node.Instances.Values)
            {
                instance.Pool.Refresh(instance);
            }
        }
    }

    public void NodeIsGone(string nodeId)
    {
        if (_nodes.Remove(nodeId, out var node))
        {
            foreach (var instance in node.Instances.Values)
            {
                Withdraw(instance);
            }
        }
    }

    /// <summary>The pool of a model that some node has offered to a subcloud, or to the main cloud, since the start; else <see langword="null"/>.</summary>
    public ModelPool? FindPool(string model, string? subcloud = null) =>
        _pools.GetValueOrDefault(model) is { } pool && pool.IsKnownIn(subcloud) && IsAllowed(model, subcloud) ? pool : null;

    /// <summary>The pool of a model that no node has offered yet, but may; <see langword="null"/> if the subcloud does not allow it.</summary>
    public ModelPool? ExpectPool(string model, string? subcloud) => IsAllowed(model, subcloud) ? PoolOf(model) : null;

    /// <summary>Takes a slot for the request if there is one now and nobody has a better right to it.</summary>
    public Instance? TryPlace(ModelPool pool, in PlacementQuery query, long now)
    {
        if (pool.Waiting > 0 && (query.Priority == Priority.Background || pool.Interactive.Count > 0))
        {
            return null;
        }

        var picked = Pick(pool, query, now);
        if (picked is not null)
        {
            Take(picked, query);
        }

        return picked;
    }

    /// <summary>Whether the request may join the queue; the fault says why not.</summary>
    public Fault? MayWait(ModelPool pool, in PlacementQuery query)
    {
        var queue = QueueOf(pool, query.Priority);
        if (pool.Waiting >= options.MaxQueueLength || queue.CountOf(query.Namespace) >= options.MaxQueueLengthPerNamespace)
        {
            var full = Faults.QueueFull(query.Model, pool.Waiting, pool.Forecast.Of(pool.Waiting, ticksPerSecond));
            return pool.LoadingIn(query.Subcloud) is { } loading ? Faults.ModelLoading(query.Model, loading, full.Queue) : full;
        }

        return null;
    }

    public static void Enqueue(Waiter waiter) => QueueOf(waiter.Pool, waiter.Query.Priority).Enqueue(waiter);

    /// <summary>Gives up a wait. Does nothing if the request has been placed meanwhile.</summary>
    public static bool Leave(Waiter waiter)
    {
        if (waiter.Queue is null)
        {
            return false;
        }

        waiter.Queue.Remove(waiter);
        return true;
    }

    /// <summary>Gives a slot back, notes how the node did, and places who waits for it.</summary>
    public void Release(Instance instance, bool nodeFailed, long now)
    {
        instance.Running--;
        if (nodeFailed)
        {
            instance.Node.Failed(now, Ticks(options.NodeFailurePause), 30 * ticksPerSecond);
        }
        else
        {
            instance.Node.Succeeded();
        }

        instance.Pool.Refresh(instance);
        if (instance.Pool.Waiting > 0)
        {
            PlaceWaiting(instance.Pool, now);
        }
    }

    /// <summary>Places as many waiting requests as there are slots for them.</summary>
    public void PlaceWaiting(ModelPool pool, long now)
    {
        while (pool.Waiting > 0 && pool.Available.Length > 0 && TakeNext(pool, now) is { } waiter)
        {
            // TakeNext asked whether a slot fits, so one does.
            var picked = Pick(pool, waiter.Query, now)!;
            Take(picked, waiter.Query);
            waiter.Settle(picked);
        }
    }

    private Waiter? TakeNext(ModelPool pool, long now)
    {
        var backgroundTurn = pool.Background.Count > 0 && (pool.Interactive.Count == 0 || pool.SinceBackground >= options.BackgroundShare - 1);
        var first = backgroundTurn ? pool.Background : pool.Interactive;
        var second = backgroundTurn ? pool.Interactive : pool.Background;
        var state = (Scheduler: this, Pool: pool, Now: now);
        static bool Fits((Scheduler Scheduler, ModelPool Pool, long Now) s, Waiter w) => s.Scheduler.Pick(s.Pool, w.Query, s.Now) is not null;
        var taken = first.Dequeue(state, Fits) ?? second.Dequeue(state, Fits);
        if (taken is not null)
        {
            pool.Forecast.Placed(now, pool.Waiting > 0);
            pool.SinceBackground = taken.Query.Priority == Priority.Background ? 0 : pool.SinceBackground + 1;
        }

        return taken;
    }

    private Instance? Pick(ModelPool pool, in PlacementQuery query, long now)
    {
        if (pool.Affinity.Find(query.PrefixHash) is { AvailableIndex: >= 0 } known && known.Node.AvoidUntil <= now && query.Accepts(known)
            && query.Siblings?.Contains(known.Node.Id) != true)
        {
            return known;
        }

        var available = pool.Available;
        Instance? best = null;
        var bestScore = double.MaxValue;
        if (available.Length <= Sample)
        {
            foreach (var candidate in available)
            {
                Compare(candidate, query, now, ref best, ref bestScore);
            }

            return best;
        }

        var start = (int)(Random() % (uint)available.Length);
        for (var i = 0; i < Sample; i++)
        {
            Compare(available[(int)(Random() % (uint)available.Length)], query, now, ref best, ref bestScore);
        }

        // When the sample holds nothing that fits, every instance is asked once, so that a free slot is always found.
        for (var i = 0; best is null && i < available.Length; i++)
        {
            Compare(available[(start + i) % available.Length], query, now, ref best, ref bestScore);
        }

        return best;
    }

    private static void Compare(Instance candidate, in PlacementQuery query, long now, ref Instance? best, ref double bestScore)
    {
        if (!query.Accepts(candidate))
        {
            return;
        }

        var offer = candidate.Offer;
        var score = ((double)candidate.Running / offer.Slots)
            + (offer.State == ModelState.Ready ? 0 : 10)
            + (candidate.Node.AvoidUntil > now ? 100 : 0)
            + (query.Siblings?.Contains(candidate.Node.Id) == true ? query.Siblings.Apart ? 20 : 5 : 0);
        if (score < bestScore)
        {
            bestScore = score;
            best = candidate;
        }
    }

    private static void Take(Instance instance, in PlacementQuery query)
    {
        instance.Running++;
        instance.Pool.Affinity.Remember(query.PrefixHash, instance);
        query.Siblings?.Add(instance.Node.Id);
        instance.Pool.Refresh(instance);
    }

    private static void Withdraw(Instance instance)
    {
        instance.IsWithdrawn = true;
        instance.Pool.Refresh(instance);
        instance.Pool.Instances.Remove(instance);
        instance.Pool.Affinity.Forget(instance);
        instance.Node.Instances.Remove(instance.Offer.Model);
    }

    private bool IsAllowed(string model, string? subcloud) =>
        subcloud is null || (_subclouds.TryGetValue(subcloud, out var models) && models?.Contains(model) != false);

    private ModelPool PoolOf(string model)
    {
        if (!_pools.TryGetValue(model, out var pool))
        {
            _pools[model] = pool = new ModelPool(model);
        }

        return pool;
    }

    private static FairQueue QueueOf(ModelPool pool, Priority priority) => priority == Priority.Interactive ? pool.Interactive : pool.Background;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * ticksPerSecond);

    // xorshift32 (Marsaglia, 2003): spreading load needs speed, not secrecy.
    private uint Random()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }
}
