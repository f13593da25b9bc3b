using Resultity.Contracts.Fleet;

namespace Resultity.Serving.Sharding;

/// <summary>How a model is spread over nodes.</summary>
/// <param name="Model">The model.</param>
/// <param name="Head">Who serves it, holds the first layers, the embedding and the output.</param>
/// <param name="Members">Who holds the layers after those, in order.</param>
/// <param name="ContextLength">Tokens of prompt and answer together, for each slot.</param>
/// <param name="Slots">How many requests run at once.</param>
/// <param name="Forecast">How fast it will be.</param>
public sealed record ShardPlan(string Model, ShardPart Head, IReadOnlyList<ShardPart> Members, int ContextLength, int Slots, ShardForecast Forecast)
{
    /// <summary>The head and the members.</summary>
    public IEnumerable<ShardPart> Parts => Members.Prepend(Head);
}

/// <summary>What one node holds.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="NodeName">What operators call it.</param>
/// <param name="FirstLayer">The first of its layers; meaningless if it has none.</param>
/// <param name="Layers">How many it holds.</param>
/// <param name="Bytes">Memory that it needs: weights, context and what computing takes.</param>
public sealed record ShardPart(string NodeId, string NodeName, int FirstLayer, int Layers, long Bytes);

/// <summary>What a plan promises; a figure that cannot be told from measurements is absent.</summary>
/// <param name="TokensPerSecond">Tokens of one answer.</param>
/// <param name="LoadSeconds">Until the first answer, if the members have no layers in their caches.</param>
public sealed record ShardForecast(double? TokensPerSecond, double? LoadSeconds);

/// <summary>A node as a plan sees it.</summary>
/// <param name="Id">The node.</param>
/// <param name="Name">What operators call it.</param>
/// <param name="Memory">Bytes that it can give to this model.</param>
/// <param name="RoundTrip">From the gateway and back; absent when not measured.</param>
/// <param name="CanBeMember">Whether it holds layers for others.</param>
/// <param name="Bandwidth">Bytes of weights that it reads in a second.</param>
/// <param name="LinkSpeed">Bytes that its link carries in a second; absent when not measured.</param>
/// <param name="Models">What it can be head of.</param>
public sealed record ShardCandidate(
    string Id, string Name, long Memory, TimeSpan? RoundTrip, bool CanBeMember, long? Bandwidth, long? LinkSpeed, IReadOnlyList<ShardableModel> Models);
