using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Scheduling;

/// <summary>The scheduler's only owner: brings it facts, requests and the clock, one at a time, and lets requests wait.</summary>
internal sealed class Dispatcher(SchedulingOptions options, TimeProvider time) : IFleetFacts, ISubcloudFacts
{
    private static readonly TimeSpan RecoveryCheck = TimeSpan.FromMilliseconds(50);
    private readonly Lock _gate = new();
    private readonly Scheduler _scheduler = new(options, time.TimestampFrequency);
    private readonly HashSet<string> _mayReturn = new(StringComparer.Ordinal);
    private long _returnsUntil;
    private int _version;

    /// <summary>Changes whenever the fleet's offers may have changed.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Whether a model that is not known yet may still turn up: the gateway has just started and nodes are on their way back.</summary>
    public bool AwaitsNodes
    {
        get
        {
            lock (_gate)
            {
                return _mayReturn.Count > 0 && time.GetTimestamp() < _returnsUntil;
            }
        }
    }

    /// <inheritdoc/>
    public void NodesMayReturn(IReadOnlyCollection<string> nodeIds)
    {
        lock (_gate)
        {
            _mayReturn.UnionWith(nodeIds);
            _returnsUntil = time.GetTimestamp() + (long)(options.NodeReturnGrace.TotalSeconds * time.TimestampFrequency);
        }
    }

    /// <inheritdoc/>
    public void NodeIsUp(string nodeId, string? region, IReadOnlyList<ModelOffer> offers)
    {
        lock (_gate)
        {
            if (offers.Count > 0)
            {
                _mayReturn.Remove(nodeId);
            }

            _scheduler.NodeIsUp(nodeId, region, offers, time.GetTimestamp());
            _version++;
        }
    }

    /// <inheritdoc/>
    public void NodeServes(string nodeId, NodeReach reach)
    {
        lock (_gate)
        {
            _scheduler.NodeServes(nodeId, reach, time.GetTimestamp());
            _version++;
        }
    }

    /// <inheritdoc/>
    public void SubcloudIs(string name, IReadOnlySet<string>? models)
    {
        lock (_gate)
        {
            _scheduler.SubcloudIs(name, models);
            _version++;
        }
    }

    /// <inheritdoc/>
    public void SubcloudIsGone(string name)
    {
        lock (_gate)
        {
            _scheduler.SubcloudIsGone(name);
            _version++;
        }
    }

    /// <inheritdoc/>
    public void NodeDrains(string nodeId)
    {
        lock (_gate)
        {
            _scheduler.NodeDrains(nodeId);
            _version++;
        }
    }

    /// <inheritdoc/>
    public void NodeIsGone(string nodeId)
    {
        lock (_gate)
        {
            _scheduler.NodeIsGone(nodeId);
            _version++;
        }
    }

    /// <summary>Gets a slot for a request: at once if one is free, else after waiting in fair order.</summary>
    /// <remarks>Cancellation leaves the queue and throws.</remarks>
    public ValueTask<Outcome<Placement>> PlaceAsync(PlacementQuery query, RequestProgress progress, CancellationToken cancellation)
    {
        Waiter waiter;
        bool nobodyServesIt;
        lock (_gate)
        {
            var pool = _scheduler.FindPool(query.Model, query.Subcloud) ?? (AwaitsNodes ? _scheduler.ExpectPool(query.Model, query.Subcloud) : null);
            if (pool is null)
            {
                return new(Faults.ModelNotFound(query.Model));
            }

            if (_scheduler.TryPlace(pool, query, time.GetTimestamp()) is { } instance)
            {
                return new(new Placement(this, instance));
            }

            nobodyServesIt = !AnyAccepts(pool, query);
            if (nobodyServesIt && query.Excluded is not null)
            {
                return query is { AwaitsReturn: true, MayQueue: true } ? PlaceAfterRecoveryAsync(query, progress, cancellation) : new(Faults.NoCapableNode(query.Model));
            }

            if (nobodyServesIt && pool.EndpointsIn(query.Subcloud) is var served and not 0 && (served & query.Endpoint.Bit) == 0)
            {
                return new(Faults.EndpointNotServed(query.Model, query.Endpoint));
            }

            if (!query.MayQueue)
            {
                return new(nobodyServesIt ? Faults.NoCapableNode(query.Model)
                    : pool.LoadingIn(query.Subcloud) is { } loading ? Faults.ModelLoading(query.Model, loading, null)
                    : Faults.Busy(query.Model));
            }

            if (_scheduler.MayWait(pool, query) is { } refusal)
            {
                return new(refusal);
            }

            waiter = new Waiter(query, pool, time.GetUtcNow(), _gate, time.TimestampFrequency);
            Scheduler.Enqueue(waiter);
            _scheduler.PlaceWaiting(pool, time.GetTimestamp());
        }

        if (waiter.Settled.IsCompletedSuccessfully)
        {
            return new(Placed(waiter.Settled.Result));
        }

        progress.MarkQueued(waiter);
        return WaitAsync(waiter, nobodyServesIt, progress, cancellation);
    }

    public void Release(Instance instance, bool nodeFailed)
    {
        lock (_gate)
        {
            _scheduler.Release(instance, nodeFailed, time.GetTimestamp());
        }
    }

    /// <summary>Reads the scheduler's state under its gate.</summary>
    public T Read<T>(Func<Scheduler, T> read)
    {
        lock (_gate)
        {
            return read(_scheduler);
        }
    }

    /// <summary>Nobody else can serve the request: waits until another node can, or until one that failed it is back or has had its pause.</summary>
    private async ValueTask<Outcome<Placement>> PlaceAfterRecoveryAsync(PlacementQuery query, RequestProgress progress, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < options.NodeReturnGrace)
        {
            await Task.Delay(RecoveryCheck, time, cancellation).ConfigureAwait(false);
            var anyNode = query with { Excluded = null };
            var (another, recovered) = Read(scheduler => scheduler.FindPool(query.Model, query.Subcloud) is { } pool
                ? (AnyAccepts(pool, query), AnyAccepts(pool, anyNode, time.GetTimestamp()))
                : default);
            if (another || recovered)
            {
                return await PlaceAsync(another ? query : anyNode, progress, cancellation).ConfigureAwait(false);
            }
        }

        return Faults.NoCapableNode(query.Model);
    }

    /// <param name="pool">The model's instances.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="now">Nodes whose pause after a failure ends later do not count.</param>
    private static bool AnyAccepts(ModelPool pool, in PlacementQuery query, long now = long.MaxValue)
    {
        foreach (var instance in pool.Instances)
        {
            if (instance.Node.AvoidUntil <= now && query.Accepts(instance))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<Outcome<Placement>> WaitAsync(Waiter waiter, bool nobodyServesIt, RequestProgress progress, CancellationToken cancellation)
    {
        try
        {
            // A request that no node can serve now waits only as long as a node needs to come back.
            while (nobodyServesIt)
            {
                try
                {
                    return Placed(await waiter.Settled.WaitAsync(options.NodeReturnGrace, time, cancellation).ConfigureAwait(false));
                }
                catch (TimeoutException)
                {
                    lock (_gate)
                    {
                        nobodyServesIt = !AnyAccepts(waiter.Pool, waiter.Query);
                        if (nobodyServesIt && Scheduler.Leave(waiter))
                        {
                            return waiter.Pool.IsKnownIn(waiter.Query.Subcloud) ? Faults.NoCapableNode(waiter.Query.Model) : Faults.ModelNotFound(waiter.Query.Model);
                        }
                    }
                }
            }

            return Placed(await waiter.Settled.WaitAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            (progress.GaveUpAt, progress.GaveUpLoading) = (waiter.Read(), waiter.Loading);
            bool left;
            lock (_gate)
            {
                left = Scheduler.Leave(waiter);
            }

            if (!left && (await waiter.Settled.ConfigureAwait(false)).TryGet(out var instance, out _))
            {
                Release(instance, nodeFailed: false);
            }

            throw;
        }
        finally
        {
            progress.Ticket = null;
        }
    }

    private Outcome<Placement> Placed(Outcome<Instance> settled) =>
        settled.TryGet(out var instance, out var fault) ? new Placement(this, instance) : fault;
}
