namespace Resultity.Serving.Stores;

/// <summary>The nodes that may dial in, and the tokens that let new ones in.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss. Tokens come in only as <see cref="Secret.Hash"/>.</remarks>
public interface INodeStore
{
    /// <summary>Enrols a node and takes one use of the token, both or neither. A node that is enrolled already needs a valid token, but takes no use of it.</summary>
    ValueTask<Enrolment> EnrolAsync(string tokenHash, EnrolledNode node, CancellationToken cancellation);

    /// <summary>Reads one node.</summary>
    ValueTask<EnrolledNode?> GetAsync(string id, CancellationToken cancellation);

    /// <summary>Every enrolled node, revoked ones included, by time of enrolment.</summary>
    ValueTask<IReadOnlyList<EnrolledNode>> ListAsync(CancellationToken cancellation);

    /// <summary>Revokes a node's key for good.</summary>
    /// <returns>The node as it is now, or <see langword="null"/> if there is none.</returns>
    ValueTask<EnrolledNode?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Records when nodes were linked last. Later instants win; unknown nodes are ignored.</summary>
    ValueTask TouchAsync(IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> lastSeen, CancellationToken cancellation);

    /// <summary>Adds a join token.</summary>
    /// <returns><see langword="false"/> if that token exists already; nothing is changed then.</returns>
    ValueTask<bool> AddJoinTokenAsync(JoinToken token, string tokenHash, CancellationToken cancellation);

    /// <summary>Every join token, used up and expired ones included, by time of creation.</summary>
    ValueTask<IReadOnlyList<JoinToken>> ListJoinTokensAsync(CancellationToken cancellation);

    /// <summary>Removes a join token; nodes that it let in stay.</summary>
    ValueTask<bool> DeleteJoinTokenAsync(string id, CancellationToken cancellation);
}
