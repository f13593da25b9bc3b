using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Sharding;

/// <summary>Sees to it that every sharded model that is wanted runs, and that nothing else of the kind does.</summary>
/// <remarks>Wanted is what an operator has deployed, and whatever file a node may share that nobody has deployed. Safe for concurrent use.</remarks>
public sealed partial class ShardCoordinator : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly IShardFleet _fleet;
    private readonly ShardLeases _leases;
    private readonly IShardStore _store;
    private readonly ShardBoard _board;
    private readonly ShardMeter _meter;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<ShardCoordinator> _logger;
    private readonly Dictionary<string, (ShardGroup Group, CancellationTokenSource Stop, Task Life)> _running = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ShardWish> _wishes = [];

    /// <summary>Makes a coordinator that has nothing to do yet.</summary>
    public ShardCoordinator(IShardFleet fleet, ShardLeases leases, IShardStore store, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ShardCoordinator> logger)
    {
        (_fleet, _leases, _store, _lifetime, _time, _logger) = (fleet, leases, store, lifetime, time, logger);
        _board = new ShardBoard(fleet);
        _meter = new ShardMeter(_board);
    }

    /// <summary>The sharded models as they are now, by name.</summary>
    public IReadOnlyList<ShardGroupSnapshot> Groups => [.. _board.Groups.Select(static group => group.Now).OrderBy(static group => group.Wish.Model, StringComparer.Ordinal)];

    /// <summary>One of them; <see langword="null"/> if there is none of that model.</summary>
    public ShardGroupSnapshot? Find(string model) => _board.Find(model)?.Now;

    /// <summary>What a plan would be, with what the sharded models that run leave free.</summary>
    public Outcome<ShardPlan> Plan(ShardWish wish)
    {
        ArgumentNullException.ThrowIfNull(wish);
        return ShardPlanner.Plan(wish, _board.CandidatesFor(_board.Find(wish.Model)?.Now.Id));
    }

    /// <summary>Has a model spread over nodes, and kept so; durable when this returns. A model's former wish ends.</summary>
    public async Task WantAsync(ShardWish wish, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(wish);
        await _store.PutAsync(wish, _time.GetUtcNow(), cancellation);
        await ReadWishesAsync(cancellation);
    }

    /// <summary>Takes a wish back. A file that a node shares by itself is then spread as its memory asks.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> ForgetAsync(string model, CancellationToken cancellation)
    {
        if (!await _store.DeleteAsync(model, cancellation))
        {
            return false;
        }

        await ReadWishesAsync(cancellation);
        return true;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Raw streams hold links open, and the server waits for its links: so the groups end as soon as the host begins to stop.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _lifetime.ApplicationStopping);
        _fleet.Changed += _board.Changed;
        try
        {
            await ReadWishesAsync(stop.Token);
            while (true)
            {
                var change = _board.NextChange();
                Reconcile();
                await EndStrangersAsync(stop.Token);
                await Task.WhenAny(change, Task.Delay(Look, _time, stop.Token));
                stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
        finally
        {
            _fleet.Changed -= _board.Changed;
            foreach (var (_, end, _) in _running.Values)
            {
                await end.CancelAsync();
            }

            await Task.WhenAll(_running.Values.Select(static running => running.Life));
        }
    }

    private async Task ReadWishesAsync(CancellationToken cancellation)
    {
        _wishes = await _store.ListAsync(cancellation);
        _board.Changed();
    }

    private void Reconcile()
    {
        var wanted = _wishes.ToDictionary(static wish => wish.Model, static wish => (Wish: wish, Automatic: false), StringComparer.Ordinal);
        foreach (var model in _fleet.Nodes.SelectMany(static node => node.Report.Models))
        {
            wanted.TryAdd(model.Name, (new ShardWish { Model = model.Name }, Automatic: true));
        }

        foreach (var (model, running) in _running.ToList())
        {
            if (running.Life.IsCompleted)
            {
                _board.Remove(running.Group);
                running.Stop.Dispose();
                _running.Remove(model);
            }
            else if (!wanted.TryGetValue(model, out var still) ? !running.Group.Now.Automatic || running.Group.Now.State == ShardState.Impossible : still.Wish != running.Group.Now.Wish)
            {
                // Automatic ones outlive a short absence of the node that has their file.
                running.Stop.Cancel();
            }
        }

        foreach (var (model, (wish, automatic)) in wanted)
        {
            if (!_running.ContainsKey(model))
            {
                var group = new ShardGroup(Id.New("shard_", _time), wish, automatic, _board, _fleet, _leases, _time, _logger);
                var stop = new CancellationTokenSource();
                _board.Add(group);
                _running[model] = (group, stop, RunAsync(group, stop.Token));
            }
        }
    }

    private async Task RunAsync(ShardGroup group, CancellationToken cancellation)
    {
        try
        {
            await group.RunAsync(cancellation);
        }
#pragma warning disable CA1031 // One model's failure, whatever it is, must not end the others'; it is logged, and the model begins anew.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e, group.Now.Id);
            await Task.Delay(Look, _time, CancellationToken.None);
        }

        _board.Changed();
    }

    /// <summary>Leases and groups that nodes hold for a gateway that is no more, or for a plan that is over.</summary>
    private async Task EndStrangersAsync(CancellationToken cancellation)
    {
        var known = _board.Groups.Select(static group => group.Now.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var node in _fleet.Nodes)
        {
            foreach (var lease in node.Report.Leases.Where(lease => !_leases.Contains(lease.Id)))
            {
                await _fleet.StopAsync(node.Id, new StopOrder(LeaseId: lease.Id), cancellation);
            }

            foreach (var group in node.Report.Groups.Where(group => !known.Contains(group.Id)))
            {
                await _fleet.StopAsync(node.Id, new StopOrder(Group: group.Id, Reason: "the sharded model was removed"), cancellation);
            }
        }
    }

    [LoggerMessage(2111, LogLevel.Error, "Sharded {Group} failed and begins anew")]
    private partial void LogFailed(Exception exception, string group);
}
