using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Link.Identity;
using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Fleet;

/// <summary>Who may be a node of this gateway: join tokens, enrolment, revocation.</summary>
public sealed class NodeRegistry(INodeStore store, LiveFleet fleet, IGatewaySignals signals, TimeProvider time, SubcloudDirectory? subclouds = null) : IDisposable
{
    private const string Topic = "node";
    private const int LongestName = 64;

    private readonly IDisposable _revocations = signals.Subscribe(Topic, fleet.Cut);

    /// <summary>Makes a join token. The secret is returned this once and kept only as a hash.</summary>
    /// <param name="name">What it is for.</param>
    /// <param name="uses">How many nodes it lets in; null for any number.</param>
    /// <param name="lifetime">How long it counts; null for ever.</param>
    /// <param name="subcloud">The subcloud that its nodes become members of; null for none.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    public async Task<(JoinToken Token, string Secret)> MakeJoinTokenAsync(string name, int? uses, TimeSpan? lifetime, string? subcloud, CancellationToken cancellation)
    {
        var secret = Secret.New(Secret.JoinTokenPrefix);
        var now = time.GetUtcNow();
        var token = new JoinToken { Id = Id.New(JoinToken.IdPrefix, time), Name = name, Subcloud = subcloud, UsesLeft = uses, CreatedAt = now, ExpiresAt = now + lifetime };
        await store.AddJoinTokenAsync(token, Secret.Hash(secret), cancellation);
        return (token, secret);
    }

    /// <summary>Enrols a node that holds a join token and the key it names.</summary>
    /// <returns>The node's id, or what is wrong.</returns>
    public async Task<Outcome<string>> EnrolAsync(EnrolRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.JoinToken.Length is 0 or > 200)
            return Fault.Invalid("'join_token' must be a join token.", "join_token");
        if (request.Name.Length is 0 or > LongestName || request.Name.Any(char.IsControl))
            return Fault.Invalid($"'name' must have 1 to {LongestName} characters.", "name");
        if (PublicNodeKey.Decode(request.PublicKey) is not { } publicKey)
            return Fault.Invalid("'public_key' must be a P-256 public key (SubjectPublicKeyInfo in base64url).", "public_key");
        if (!PublicNodeKey.Verify(publicKey, LinkProofText.Enrolment(request.JoinToken, request.PublicKey), request.Proof))
            return Fault.Invalid("'proof' must be a signature made with the private half of 'public_key'.", "proof");
        var node = new EnrolledNode { Id = PublicNodeKey.IdOf(publicKey), Name = request.Name, PublicKey = publicKey, EnrolledAt = time.GetUtcNow() };
        var enrolment = await store.EnrolAsync(Secret.Hash(request.JoinToken), node, cancellation);
        // The token may have put it into a subcloud.
        if (enrolment == Enrolment.Enrolled && subclouds is not null)
            await subclouds.ReloadAsync(cancellation);
        return enrolment switch
        {
            Enrolment.Enrolled => node.Id,
            Enrolment.NodeRevoked => new Fault(FaultKind.Permission, "node_revoked", "This node's key was revoked. A new key (a fresh data folder) can join."),
            _ => new Fault(FaultKind.Authentication, "join_token_refused", "The join token does not exist, has expired or is used up."),
        };
    }

    /// <summary>Revokes a node's key and cuts its links at once, those to other gateways too.</summary>
    /// <returns>The node as it is now, or null when there is none.</returns>
    public async Task<EnrolledNode?> RevokeAsync(string nodeId, CancellationToken cancellation)
    {
        var node = await store.RevokeAsync(nodeId, time.GetUtcNow(), cancellation);
        if (node is not null)
        {
            fleet.Cut(nodeId);
            signals.Publish(Topic, nodeId);
        }
        return node;
    }

    /// <inheritdoc/>
    public void Dispose() => _revocations.Dispose();
}
