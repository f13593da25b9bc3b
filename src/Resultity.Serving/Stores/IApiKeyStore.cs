namespace Resultity.Serving.Stores;

/// <summary>A key and one of its secrets.</summary>
/// <param name="Hash">The secret's <see cref="Secret.Hash"/>.</param>
/// <param name="ValidUntil">When this secret ends after a rotation; <see langword="null"/> for as long as the key.</param>
/// <param name="Key">The key.</param>
public sealed record KeySecret(string Hash, DateTimeOffset? ValidUntil, ApiKey Key);

/// <summary>The API keys. Secrets come in only as <see cref="Secret.Hash"/>.</summary>
/// <remarks>
/// Safe for concurrent use. A write that has returned survives a power loss. Reads see every write that returned before they began.
/// Nothing here caches: whoever does must drop its copy when it revokes or rotates.
/// </remarks>
public interface IApiKeyStore
{
    /// <summary>Adds a key with its first secret.</summary>
    /// <returns><see langword="false"/> if that secret exists already; nothing is changed then.</returns>
    ValueTask<bool> AddAsync(ApiKey key, string secretHash, CancellationToken cancellation);

    /// <summary>Finds the key that a secret belongs to, revoked and expired ones included.</summary>
    /// <param name="secretHash">The hash of the secret.</param>
    /// <param name="now">Secrets that a rotation replaced are found until their time of grace ends.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<ApiKey?> FindAsync(string secretHash, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Every key that is valid at an instant, once for each secret that is, for a gateway that keeps them in memory.</summary>
    ValueTask<IReadOnlyList<KeySecret>> LoadValidAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Reads one key.</summary>
    ValueTask<ApiKey?> GetAsync(string id, CancellationToken cancellation);

    /// <summary>Lists keys by time of creation, those of one namespace or all.</summary>
    ValueTask<Page<ApiKey>> ListAsync(string? @namespace, PageQuery page, CancellationToken cancellation);

    /// <summary>Revokes a key for good.</summary>
    /// <returns>The key as it is now, or <see langword="null"/> if there is none. Revoking again changes nothing.</returns>
    ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Gives a key a new secret. The old ones are valid until the end of the time of grace.</summary>
    /// <returns>The key, or <see langword="null"/> if there is none that is valid.</returns>
    ValueTask<ApiKey?> RotateAsync(string id, string newSecretHash, DateTimeOffset oldValidUntil, CancellationToken cancellation);

    /// <summary>Records that keys were used. Later instants win; unknown keys are ignored.</summary>
    ValueTask TouchAsync(IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> lastUsed, CancellationToken cancellation);
}
