namespace Resultity.Serving.Stores;

/// <summary>A gateway as the others that share its storage see it.</summary>
/// <param name="Id">The name under which it claims jobs.</param>
/// <param name="Models">The models that its nodes offer, by every name that clients use; those of a subcloud as <c>model@subcloud</c>.</param>
/// <param name="SeenAt">When it said so; long ago if it has ended since.</param>
public sealed record PeerGateway(string Id, IReadOnlyList<string> Models, DateTimeOffset SeenAt);

/// <summary>The gateways that share a storage.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public interface IGatewayStore
{
    /// <summary>Settles who all these gateways are to their nodes: what the first of them proposed.</summary>
    ValueTask<string> SettleIdentityAsync(string proposal, CancellationToken cancellation);

    /// <summary>Says when a gateway was alive, and what it serves.</summary>
    ValueTask PutAsync(PeerGateway gateway, CancellationToken cancellation);

    /// <summary>The gateways that were seen since an instant.</summary>
    ValueTask<IReadOnlyList<PeerGateway>> ListAsync(DateTimeOffset since, CancellationToken cancellation);
}

/// <summary>A gateway that has its storage to itself.</summary>
public sealed class LoneGateway : IGatewayStore
{
    /// <inheritdoc/>
    public ValueTask<string> SettleIdentityAsync(string proposal, CancellationToken cancellation) => ValueTask.FromResult(proposal);

    /// <inheritdoc/>
    public ValueTask PutAsync(PeerGateway gateway, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PeerGateway>> ListAsync(DateTimeOffset since, CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyList<PeerGateway>>([]);
}
