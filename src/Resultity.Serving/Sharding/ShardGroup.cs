using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Sharding;

/// <summary>One sharded model's life: plan, lease the members, let the head load, watch; and when a part is lost, again.</summary>
/// <remarks>One loop, which <see cref="ShardCoordinator"/> runs. The head keeps the requests that wait from one plan to the next.</remarks>
internal sealed partial class ShardGroup(
    string id, ShardWish wish, bool automatic, ShardBoard board, IShardFleet fleet, ShardLeases leases, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OrderPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _avoided = new(StringComparer.Ordinal);
    private readonly List<(string Lease, string NodeId)> _held = [];
    private string? _head;
    private int? _context;
    private int _failures;
    private volatile ShardGroupSnapshot _now = new(id, wish, automatic, ShardState.Loading, null, null, 0, 0, null, time.GetUtcNow());

    /// <summary>How it is now.</summary>
    public ShardGroupSnapshot Now => _now;

    /// <summary>Runs until it is no longer wanted; then nothing of it is left on any node that can be reached.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var change = board.NextChange();
                if (!Plan().TryGet(out var plan, out var why))
                {
                    await WithoutPlanAsync(why, change, cancellation);
                    continue;
                }

                var lost = await FormAsync(plan, cancellation) ?? await HoldAsync(plan, cancellation);
                LogLost(id, wish.Model, _now.Generation, lost);
                Become(_now with { State = ShardState.Loading, Reason = lost, LoadSeconds = null, Losses = _now.Losses + (_now.State == ShardState.Ready ? 1 : 0) });
                await ReleaseAsync(cancellation);
                await Task.Delay(PauseAfterFailure(), time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // No longer wanted.
        }

        await EndAsync();
    }

    /// <summary>A plan without the nodes that have just failed, with the context that the answers under way were begun with, if either can be had.</summary>
    private Outcome<ShardPlan> Plan()
    {
        var now = time.GetUtcNow();
        var all = board.CandidatesFor(id);
        var head = all.Any(node => node.Id == _head) ? _head : null;
        var trusted = all.Where(node => node.Id == head || !_avoided.TryGetValue(node.Id, out var until) || until <= now).ToList();
        var asBefore = wish with { ContextLength = wish.ContextLength ?? _context };
        return FirstOf(ShardPlanner.Plan(asBefore, trusted, head), ShardPlanner.Plan(asBefore, all, head), ShardPlanner.Plan(wish, all, head));
    }

    private static Outcome<ShardPlan> FirstOf(params ReadOnlySpan<Outcome<ShardPlan>> plans)
    {
        foreach (var plan in plans[..^1])
        {
            if (plan.TryGet(out _, out _))
            {
                return plan;
            }
        }

        return plans[^1];
    }

    /// <summary>Nothing can be done now. The head's waiting requests are kept for as long as a node needs to come back, then told why.</summary>
    private async Task WithoutPlanAsync(Fault why, Task change, CancellationToken cancellation)
    {
        if (_now.State != ShardState.Impossible || _now.Reason != why.Message)
        {
            LogImpossible(id, wish.Model, why.Message);
            Become(_now with { State = ShardState.Impossible, Reason = why.Message, Plan = null, LoadSeconds = null });
        }

        if (_head is not null && time.GetUtcNow() - _now.Since > ReportPatience)
        {
            await StopHeadAsync(_head, why.Message, EndPatience);
            _head = null;
        }

        await ChangeAsync(change, cancellation);
    }

    /// <summary>Leases the members and gives the head its order.</summary>
    /// <returns>Why that failed.</returns>
    private async Task<string?> FormAsync(ShardPlan plan, CancellationToken cancellation)
    {
        Become(_now with { State = ShardState.Loading, Plan = plan, Generation = _now.Generation + 1, LoadSeconds = null });
        LogForming(id, wish.Model, _now.Generation, plan.Members.Count + 1);
        using var patience = new CancellationTokenSource(OrderPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            if (_head is not null && _head != plan.Head.NodeId)
            {
                await StopHeadAsync(_head, "the sharded model moved to another node", EndPatience);
            }

            (_head, _context) = (plan.Head.NodeId, plan.ContextLength);
            var members = plan.Members.Select(member => (Part: member, Lease: Id.New("lease_", time))).ToList();
            var refusals = await Task.WhenAll(members.Select(member => LeaseAsync(plan, member.Part, member.Lease, both.Token)));
            if (refusals.FirstOrDefault(refusal => refusal is not null) is { } refused)
            {
                return refused;
            }

            var order = new ServeOrder
            {
                Group = id,
                Generation = _now.Generation,
                Model = wish.Model,
                HeadLayers = plan.Head.Layers,
                Members = [.. members.Select(member => new ServeMember(member.Lease, member.Part.NodeId, member.Part.Layers))],
                ContextLength = plan.ContextLength,
                Slots = plan.Slots,
            };
            if (await fleet.ServeAsync(plan.Head.NodeId, order, both.Token) is not { } fault)
            {
                return null;
            }

            Avoid(plan.Head.NodeId);
            return $"the head {plan.Head.NodeName} does not serve it: {fault.Message}";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "a node did not answer an order in time";
        }
    }

    private async Task<string?> LeaseAsync(ShardPlan plan, ShardPart part, string lease, CancellationToken cancellation)
    {
        lock (_held)
        {
            _held.Add((lease, part.NodeId));
        }

        leases.Add(lease, plan.Head.NodeId, part.NodeId);
        if (await fleet.LeaseAsync(part.NodeId, new LeaseOrder(lease, id, plan.Head.NodeId, part.Bytes), cancellation) is not { } fault)
        {
            return null;
        }

        Avoid(part.NodeId);
        return $"the member {part.NodeName} does not hold its layers: {fault.Message}";
    }

    /// <summary>Watches a plan in force.</summary>
    /// <returns>Why it is no more.</returns>
    private async Task<string> HoldAsync(ShardPlan plan, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var change = board.NextChange();
            var nodes = fleet.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
            if (LossOf(plan, nodes, time.GetElapsedTime(since)) is { } lost)
            {
                return lost;
            }

            if (nodes[plan.Head.NodeId].Report.Groups.FirstOrDefault(IsInForce) is { State: PartState.Ready } report && _now.State != ShardState.Ready)
            {
                LogReady(id, wish.Model, _now.Generation, report.LoadSeconds ?? 0);
                _failures = 0;
                Become(_now with { State = ShardState.Ready, LoadSeconds = report.LoadSeconds });
            }

            await ChangeAsync(change, cancellation);
        }
    }

    private string? LossOf(ShardPlan plan, Dictionary<string, ShardNode> nodes, TimeSpan age)
    {
        foreach (var (lease, nodeId) in _held)
        {
            var name = plan.Members.First(member => member.NodeId == nodeId).NodeName;
            if (!nodes.TryGetValue(nodeId, out var member))
            {
                return $"the member {name} cannot be reached";
            }

            if (!member.TakesNew)
            {
                return $"the member {name} is leaving";
            }

            var report = member.Report.Leases.FirstOrDefault(held => held.Id == lease);
            if (report?.State == PartState.Failed || (report is null && age > ReportPatience))
            {
                Avoid(nodeId);
                return $"the member {name} lost its layers: {report?.Reason ?? "its agent does not know them any more"}";
            }
        }

        if (!nodes.TryGetValue(plan.Head.NodeId, out var head))
        {
            return $"the head {plan.Head.NodeName} cannot be reached";
        }

        var group = head.Report.Groups.FirstOrDefault(IsInForce);
        return group?.State == PartState.Failed || (group is null && age > ReportPatience)
            ? $"the head {plan.Head.NodeName} lost its engine: {group?.Reason ?? "its agent does not know it any more"}"
            : null;
    }

    private bool IsInForce(GroupReport report) => report.Id == id && report.Generation == _now.Generation;

    /// <summary>Gives the members' layers up, so that their memory counts for the next plan.</summary>
    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        (string Lease, string NodeId)[] held;
        lock (_held)
        {
            held = [.. _held];
            _held.Clear();
        }

        foreach (var (lease, _) in held)
        {
            leases.Remove(lease);
        }

        using var patience = new CancellationTokenSource(EndPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        // What cannot be told now is found and ended when the node is back.
        await ((Task)Task.WhenAll(held.Select(part => fleet.StopAsync(part.NodeId, new StopOrder(LeaseId: part.Lease), both.Token)))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task EndAsync()
    {
        if (_head is not null)
        {
            await StopHeadAsync(_head, "the sharded model was removed", EndPatience);
        }

        await ReleaseAsync(CancellationToken.None);
    }

    private async Task StopHeadAsync(string head, string reason, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience, time);
        await ((Task)fleet.StopAsync(head, new StopOrder(Group: id, Reason: reason), timeout.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ChangeAsync(Task change, CancellationToken cancellation)
    {
        await Task.WhenAny(change, Task.Delay(Look, time, cancellation));
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>None after the loss of a plan that served: its requests wait. Longer and longer when plans do not come to serve.</summary>
    private TimeSpan PauseAfterFailure()
    {
        if (_failures++ == 0)
        {
            return TimeSpan.Zero;
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(_failures - 2, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private void Avoid(string nodeId) => _avoided[nodeId] = time.GetUtcNow() + TimeSpan.FromSeconds(15);

    private void Become(ShardGroupSnapshot next) => _now = next.State == _now.State ? next : next with { Since = time.GetUtcNow() };

    [LoggerMessage(2101, LogLevel.Information, "Sharded {Group} ({Model}): plan {Generation} over {Nodes} nodes begins to load")]
    private partial void LogForming(string group, string model, int generation, int nodes);

    [LoggerMessage(2102, LogLevel.Information, "Sharded {Group} ({Model}): plan {Generation} serves after {Seconds} s")]
    private partial void LogReady(string group, string model, int generation, double seconds);

    [LoggerMessage(2103, LogLevel.Warning, "Sharded {Group} ({Model}): plan {Generation} ended: {Reason}")]
    private partial void LogLost(string group, string model, int generation, string reason);

    [LoggerMessage(2104, LogLevel.Warning, "Sharded {Group} ({Model}) waits: {Reason}")]
    private partial void LogImpossible(string group, string model, string reason);
}
