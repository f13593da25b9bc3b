using Microsoft.Extensions.Hosting;
using Resultity.Contracts.Values;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Subclouds;

/// <summary>A member as operators see it.</summary>
/// <param name="Member">The membership.</param>
/// <param name="Unfit">Why it does not serve the subcloud now: <c>pending</c>, <c>away</c>, <c>region</c> or <c>memory</c>; <see langword="null"/> if it does.</param>
public readonly record struct MemberView(SubcloudMember Member, string? Unfit);

/// <summary>The subclouds and who is in them, in memory in front of the store; tells the scheduler whose requests each node serves.</summary>
/// <remarks>
/// Safe for concurrent use. What is changed through it holds when the call returns; what another gateway changed is seen within
/// <see cref="Refresh"/>. A node of an isolating subcloud never serves anybody else, not even while it does not fit the subcloud.
/// </remarks>
public sealed class SubcloudDirectory(ISubcloudStore store, ISubcloudFacts facts, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    /// <summary>How often the store is asked for what others changed.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NodeTraits> _traits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeReach> _told = new(StringComparer.Ordinal);
    private volatile Dictionary<string, Subcloud> _subclouds = new(StringComparer.Ordinal);
    private IReadOnlyList<SubcloudMember> _members = [];
    private ITimer? _timer;

    /// <summary>Every subcloud, by name.</summary>
    public IReadOnlyCollection<Subcloud> All => _subclouds.Values;

    /// <summary>The subcloud of that name.</summary>
    public Subcloud? Find(string name) => _subclouds.GetValueOrDefault(name);

    /// <summary>Who is in a subcloud, or wants to be.</summary>
    public IReadOnlyList<MemberView> MembersOf(Subcloud subcloud)
    {
        ArgumentNullException.ThrowIfNull(subcloud);
        lock (_gate)
        {
            return [.. _members.Where(member => member.Subcloud == subcloud.Name).Select(member => new MemberView(
                member,
                member.IsPending ? "pending" : _traits.TryGetValue(member.NodeId, out var traits) ? traits.Unfit(subcloud) : "away"))];
        }
    }

    /// <summary>A linked node says what it is and where it wants to serve. Returns when that is recorded, so before the node is placed on.</summary>
    public async ValueTask NodeSaysAsync(string nodeId, NodeTraits traits, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(traits);
        lock (_gate)
        {
            if (traits.Equals(_traits.GetValueOrDefault(nodeId)))
            {
                return;
            }

            _traits[nodeId] = traits;
            Tell(nodeId);
        }

        await ChangeAsync(cancelled => FollowWishesAsync(nodeId, traits, cancelled), cancellation).ConfigureAwait(false);
    }

    /// <summary>A node has no link any more.</summary>
    public void NodeIsGone(string nodeId)
    {
        lock (_gate)
        {
            _traits.Remove(nodeId);
        }
    }

    /// <summary>Makes a subcloud; a conflict if there is one of that name.</summary>
    public async ValueTask<Fault?> AddAsync(Subcloud subcloud, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(subcloud);
        return await ChangeAsync(async cancelled => await store.AddAsync(subcloud, cancelled).ConfigureAwait(false), cancellation).ConfigureAwait(false)
            ? null
            : new Fault(FaultKind.Conflict, "subcloud_exists", $"There is a subcloud '{subcloud.Name}' already.", "name");
    }

    /// <summary>Changes a subcloud.</summary>
    /// <returns><see langword="false"/> if there is none of that name.</returns>
    public ValueTask<bool> UpdateAsync(Subcloud subcloud, CancellationToken cancellation) =>
        ChangeAsync(cancelled => store.UpdateAsync(subcloud, cancelled), cancellation);

    /// <summary>Deletes a subcloud. Keys that are bound to it open nothing any more; its nodes serve the main cloud again.</summary>
    /// <returns><see langword="false"/> if there is none of that name.</returns>
    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellation) =>
        ChangeAsync(cancelled => store.DeleteAsync(name, cancelled), cancellation);

    /// <summary>Puts a node into a subcloud, or approves it.</summary>
    /// <returns><see langword="false"/> if the subcloud or the node does not exist.</returns>
    public ValueTask<bool> AdmitAsync(string subcloud, string nodeId, MemberOrigin origin, CancellationToken cancellation) =>
        ChangeAsync(cancelled => store.PutMemberAsync(new SubcloudMember(subcloud, nodeId, IsPending: false, origin, time.GetUtcNow()), cancelled), cancellation);

    /// <summary>Takes a node out of a subcloud, or refuses it. What it runs there goes on.</summary>
    /// <returns><see langword="false"/> if it is not in it.</returns>
    public ValueTask<bool> RemoveAsync(string subcloud, string nodeId, CancellationToken cancellation) =>
        ChangeAsync(cancelled => store.RemoveMemberAsync(subcloud, nodeId, cancelled), cancellation);

    /// <summary>Reads the store again: something was changed beside this.</summary>
    public async ValueTask ReloadAsync(CancellationToken cancellation) => await ChangeAsync(static _ => new(true), cancellation).ConfigureAwait(false);

    /// <summary>Reads the store: before the host takes requests or links.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken).ConfigureAwait(false);
        _timer = time.CreateTimer(static directory => _ = ((SubcloudDirectory)directory!).RefreshAsync(), this, Refresh, Refresh);
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => _timer?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _turn.Dispose();
    }

    private async Task RefreshAsync()
    {
        try
        {
            await ReloadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception unread) when (unread is StorageException or ObjectDisposedException)
        {
            // What is known goes on to hold; the next turn asks again.
        }
    }

    // One change at a time, each followed by a look at the whole, so that the last look always sees the last change.
    private async ValueTask<bool> ChangeAsync(Func<CancellationToken, ValueTask<bool>> change, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var changed = await change(cancellation).ConfigureAwait(false);
            if (changed)
            {
                Adopt(
                    await store.ListAsync(cancellation).ConfigureAwait(false),
                    await store.ListMembersAsync(cancellation).ConfigureAwait(false));
            }

            return changed;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<bool> FollowWishesAsync(string nodeId, NodeTraits traits, CancellationToken cancellation)
    {
        var own = _members.Where(member => member.NodeId == nodeId).ToList();
        var changed = false;
        foreach (var name in traits.Asked.Where(name => !own.Exists(member => member.Subcloud == name)))
        {
            if (Find(name) is { Join: not JoinPolicy.Closed } subcloud)
            {
                changed |= await store.PutMemberAsync(
                    new SubcloudMember(name, nodeId, subcloud.Join == JoinPolicy.SemiOpen, MemberOrigin.Asked, time.GetUtcNow()), cancellation).ConfigureAwait(false);
            }
        }

        foreach (var member in own.Where(member => member.Origin == MemberOrigin.Asked && !traits.Asked.Contains(member.Subcloud)))
        {
            changed |= await store.RemoveMemberAsync(member.Subcloud, nodeId, cancellation).ConfigureAwait(false);
        }

        return changed;
    }

    private void Adopt(IReadOnlyList<Subcloud> subclouds, IReadOnlyList<SubcloudMember> members)
    {
        lock (_gate)
        {
            var before = _subclouds;
            _subclouds = subclouds.ToDictionary(static subcloud => subcloud.Name, StringComparer.Ordinal);
            _members = members;
            foreach (var subcloud in subclouds)
            {
                facts.SubcloudIs(subcloud.Name, subcloud.Models?.ToHashSet(StringComparer.Ordinal));
            }

            foreach (var nodeId in members.Select(static member => member.NodeId).Concat(_told.Keys).Distinct(StringComparer.Ordinal).ToList())
            {
                Tell(nodeId);
            }

            foreach (var gone in before.Keys.Where(name => !_subclouds.ContainsKey(name)))
            {
                facts.SubcloudIsGone(gone);
            }
        }
    }

    // Under the gate.
    private void Tell(string nodeId)
    {
        var admitted = _members
            .Where(member => member.NodeId == nodeId && !member.IsPending)
            .Select(member => Find(member.Subcloud))
            .OfType<Subcloud>()
            .ToList();
        var isolated = admitted.Exists(static subcloud => subcloud.Isolate);
        var traits = _traits.GetValueOrDefault(nodeId);
        var serves = admitted.Where(subcloud => (subcloud.Isolate || !isolated) && traits is not null && traits.Unfit(subcloud) is null);
        var reach = new NodeReach(Main: !isolated, [.. serves.Select(static subcloud => subcloud.Name)]);
        var told = _told.GetValueOrDefault(nodeId, NodeReach.MainOnly);
        if (reach.Main != told.Main || !reach.Subclouds.SequenceEqual(told.Subclouds))
        {
            _told[nodeId] = reach;
            facts.NodeServes(nodeId, reach);
        }
    }
}
