using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Sharding;

/// <summary>The linked nodes as the coordinator of sharded models sees them. Links are behind it.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public interface IShardFleet
{
    /// <summary>The nodes that can be reached now and take part in sharded models.</summary>
    IReadOnlyList<ShardNode> Nodes { get; }

    /// <summary>Raised after a node came, went, or reported; on any thread. Handlers return at once.</summary>
    event Action? Changed;

    /// <summary>Has a node hold layers for another.</summary>
    /// <returns>Why it does not; <see langword="null"/> when it does.</returns>
    Task<Fault?> LeaseAsync(string nodeId, LeaseOrder order, CancellationToken cancellation);

    /// <summary>Has a node serve a model as head.</summary>
    /// <returns>Why it does not; <see langword="null"/> when it loads it.</returns>
    Task<Fault?> ServeAsync(string nodeId, ServeOrder order, CancellationToken cancellation);

    /// <summary>Ends a lease or a group, if the node can be reached.</summary>
    /// <returns>Why it did not end; <see langword="null"/> when it has.</returns>
    Task<Fault?> StopAsync(string nodeId, StopOrder order, CancellationToken cancellation);
}

/// <summary>A node that takes part in sharded models.</summary>
/// <param name="Id">The node.</param>
/// <param name="Name">What operators call it.</param>
/// <param name="TakesNew">Whether it takes new work; a node that drains does not.</param>
/// <param name="RoundTrip">Of its link, once measured.</param>
/// <param name="LinkSpeed">Bytes per second of its link, once measured.</param>
/// <param name="Report">What it lends, and how its parts are.</param>
public sealed record ShardNode(string Id, string Name, bool TakesNew, TimeSpan? RoundTrip, long? LinkSpeed, ShardReport Report);
