using Resultity.Contracts.Fleet;

namespace Resultity.Gateway.Fleet;

/// <summary>A linked node as it is now, for operators.</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Name">The name it enrolled with.</param>
/// <param name="State"><c>ready</c>, <c>draining</c> or <c>silent</c>.</param>
/// <param name="LinkedAt">Since when it is linked without a gap.</param>
/// <param name="Links">How many links it holds.</param>
/// <param name="RoundTrip">The quickest link's round trip, once measured.</param>
/// <param name="Offers">What it serves.</param>
/// <param name="Status">Its last heartbeat.</param>
public sealed record NodeSnapshot(
    string Id, string Name, string State, DateTimeOffset LinkedAt, int Links, TimeSpan? RoundTrip, IReadOnlyList<ModelOffer> Offers, NodeStatus? Status);
