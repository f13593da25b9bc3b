using Resultity.Serving.Admission;

namespace Resultity.Gateway.Auth;

/// <summary>A valid API key as the gateway holds it in memory: never the key, only who it stands for. Immutable.</summary>
internal sealed class Credential
{
    /// <summary>SHA-256 of the whole key.</summary>
    public required KeyHash Hash { get; init; }

    /// <summary>Who it stands for.</summary>
    public required Caller Caller { get; init; }

    /// <summary>What it may be used for.</summary>
    public required ApiScopes Scopes { get; init; }

    /// <summary>When it stops to be valid; <see langword="null"/> for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
