using Resultity.Serving.Admission;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Auth;

/// <summary>A valid API key as the gateway holds it in memory: never the key, only who it stands for. Immutable.</summary>
internal sealed class Credential
{
    /// <summary>Who it stands for.</summary>
    public required Caller Caller { get; init; }

    /// <summary>What it may be used for.</summary>
    public required ApiScopes Scopes { get; init; }

    /// <summary>When it stops to be valid; <see langword="null"/> for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The credential that a stored key gives.</summary>
    public static Credential Of(ApiKey key)
    {
        var scopes = ApiScopes.None;
        foreach (var name in key.Scopes)
        {
            scopes |= name switch
            {
                "inference" => ApiScopes.Inference,
                "admin" => ApiScopes.Admin,
                _ => ApiScopes.None,
            };
        }

        return new Credential { Caller = key.ToCaller(), Scopes = scopes, ExpiresAt = key.ExpiresAt };
    }
}
