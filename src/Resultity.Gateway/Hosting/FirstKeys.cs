using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Hosting;

/// <summary>Which keys a gateway's operator brings along.</summary>
/// <param name="Given">The key that the operator chose (from the environment); it is made valid.</param>
/// <param name="Remembered">The key that this machine remembers from an earlier start; used if it is still valid.</param>
public readonly record struct KeyOffer(string? Given, string? Remembered);

/// <summary>A key that is valid now.</summary>
/// <param name="Secret">The key itself, which the gateway keeps only as a hash.</param>
/// <param name="IsNew">Whether it was made just now, and so must be shown: nobody can show it later.</param>
public sealed record ReadyKey(string Secret, bool IsNew);

/// <summary>Sees to it that there is an admin key and an API key to begin with.</summary>
internal sealed class FirstKeys(IApiKeyStore store, TimeProvider time)
{
    private const string AdminPrefix = "ra_";
    private const string GivenName = "from the environment";
    private const string MadeName = "made at start";
    private const int ShortestGiven = 16;

    public Task<ReadyKey> AdminAsync(KeyOffer offer, CancellationToken cancellation) =>
        EnsureAsync(offer, "RESULTITY_ADMIN_KEY", "admin", "admin", AdminPrefix, cancellation);

    public Task<ReadyKey> ApiAsync(KeyOffer offer, CancellationToken cancellation) =>
        EnsureAsync(offer, "RESULTITY_API_KEY", "inference", "default", Secret.ApiKeyPrefix, cancellation);

    private async Task<ReadyKey> EnsureAsync(KeyOffer offer, string variable, string scope, string @namespace, string prefix, CancellationToken cancellation)
    {
        if (offer.Given is { Length: > 0 } given)
        {
            if (given.Length is < ShortestGiven or > 200 || given.Any(character => character is <= ' ' or > '~'))
            {
                throw new GatewayStartException($"{variable} must have {ShortestGiven} to 200 printable ASCII characters without spaces.");
            }

            await TakeGivenAsync(given, variable, scope, @namespace, cancellation);
            return new ReadyKey(given, IsNew: false);
        }

        if (offer.Remembered is { Length: > 0 } remembered && await FindAsync(remembered, cancellation) is { } known && known.IsValidAt(time.GetUtcNow()) && known.Scopes.Contains(scope))
        {
            return new ReadyKey(remembered, IsNew: false);
        }

        var secret = Secret.New(prefix);
        await store.AddAsync(Key(MadeName, scope, @namespace), Secret.Hash(secret), cancellation);
        return new ReadyKey(secret, IsNew: true);
    }

    /// <summary>The environment states the key that counts: the one that it stated before does not any more.</summary>
    private async Task TakeGivenAsync(string given, string variable, string scope, string @namespace, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var known = await FindAsync(given, cancellation);
        if (known is not null && (!known.IsValidAt(now) || !known.Scopes.Contains(scope)))
        {
            throw new GatewayStartException($"{variable} is a key that was revoked, has expired or is of the other kind. Choose a new one.");
        }

        string? after = null;
        Page<ApiKey> page;
        do
        {
            page = await store.ListAsync(@namespace, new PageQuery(after, 100), cancellation);
            foreach (var key in page.Items)
            {
                if (key.Name == GivenName && key.Id != known?.Id && key.RevokedAt is null && key.Scopes.Contains(scope)) await store.RevokeAsync(key.Id, now, cancellation);
                after = key.Id;
            }
        }
        while (page.HasMore);

        if (known is null) await store.AddAsync(Key(GivenName, scope, @namespace), Secret.Hash(given), cancellation);
    }

    private ValueTask<ApiKey?> FindAsync(string secret, CancellationToken cancellation) => store.FindAsync(Secret.Hash(secret), time.GetUtcNow(), cancellation);

    private ApiKey Key(string name, string scope, string @namespace) => new()
    {
        Id = Id.New(ApiKey.IdPrefix, time),
        Name = name,
        Namespace = @namespace,
        Scopes = [scope],
        CreatedAt = time.GetUtcNow(),
    };
}
