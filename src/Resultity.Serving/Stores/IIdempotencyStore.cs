namespace Resultity.Serving.Stores;

/// <summary>A request that wants to be the one that is computed under its key.</summary>
/// <param name="Namespace">Whose key it is.</param>
/// <param name="Key">The client's key.</param>
/// <param name="Fingerprint">What the key stands for: a digest of route and body.</param>
/// <param name="RequestId">The request's identifier, if it is the first under this key.</param>
public sealed record KeyedRequest(string Namespace, string Key, string Fingerprint, string RequestId);

/// <summary>The right to compute the answer of a key, in force until the lease ends.</summary>
/// <param name="Namespace">Whose key it is.</param>
/// <param name="Key">The client's key.</param>
/// <param name="RequestId">The identifier of the first request under the key; a claim that takes over a dead one keeps it, so that what that one made is found.</param>
/// <param name="Attempt">How many times the key was claimed: the fencing token.</param>
public sealed record KeyClaim(string Namespace, string Key, string RequestId, int Attempt)
{
    /// <summary>Whether an earlier claim has ended without an answer: what it did may have had effects.</summary>
    public bool IsTakeover => Attempt > 1;
}

/// <summary>An answer as it was given: status, headers and body.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Names and values, in order.</param>
/// <param name="Body">The bytes.</param>
public sealed record KeptAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body);

/// <summary>What became of an attempt to claim a key: exactly one of these.</summary>
/// <param name="Claim">The key is the caller's.</param>
/// <param name="Answer">There is an answer.</param>
/// <param name="IsReused">The key stands for another request.</param>
public sealed record KeyClaimOutcome(KeyClaim? Claim = null, KeptAnswer? Answer = null, bool IsReused = false)
{
    /// <summary>Another gateway computes the answer now.</summary>
    public bool IsHeld => Claim is null && Answer is null && !IsReused;
}

/// <summary>The answers that are kept by their idempotency key, and who computes those that are not there yet.</summary>
/// <remarks>
/// Safe for concurrent use. A write that has returned survives a power loss. Only the latest claim of a key can record an answer, and what was
/// used is recorded in the same transaction: so a request may be computed twice, but has one answer and one charge.
/// </remarks>
public interface IIdempotencyStore : IBlobOwner, IExpiring
{
    /// <summary>Claims a key that nobody has, or whose holder's lease has ended.</summary>
    /// <param name="request">Who wants it.</param>
    /// <param name="owner">The process that will hold the claim. It asks for a key once at a time: a claim of its own counts as left over.</param>
    /// <param name="now">The time.</param>
    /// <param name="leaseUntil">From then on others may take it over, unless the lease is renewed.</param>
    /// <param name="expiresAt">Until when the key and its answer are kept.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<KeyClaimOutcome> ClaimAsync(
        KeyedRequest request, string owner, DateTimeOffset now, DateTimeOffset leaseUntil, DateTimeOffset expiresAt, CancellationToken cancellation);

    /// <summary>Records the answer, and what it cost.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest; nothing is recorded then.</returns>
    ValueTask<bool> FinishAsync(KeyClaim claim, KeptAnswer answer, UsagePosting cost, CancellationToken cancellation);

    /// <summary>Gives the key up without an answer, and records what was used: the next request under it is computed.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest; nothing is recorded then.</returns>
    ValueTask<bool> ReleaseAsync(KeyClaim claim, UsagePosting cost, CancellationToken cancellation);

    /// <summary>Prolongs the leases of the claims that a process holds.</summary>
    ValueTask RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation);

    /// <summary>Ends the leases of a process that is known to hold none any more, such as one that has just started.</summary>
    /// <returns>How many there were.</returns>
    ValueTask<int> EndLeasesAsync(string owner, CancellationToken cancellation);
}
