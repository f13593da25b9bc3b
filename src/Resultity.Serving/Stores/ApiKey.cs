using Resultity.Serving.Admission;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Stores;

/// <summary>An API key as it is kept: everything but the secret.</summary>
public sealed record ApiKey
{
    /// <summary>Prefix of the identifiers of keys.</summary>
    public const string IdPrefix = "key_";

    /// <summary>The identifier (<c>key_…</c>), which may be shown and logged.</summary>
    public required string Id { get; init; }

    /// <summary>The name that its owner gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace it belongs to.</summary>
    public required string Namespace { get; init; }

    /// <summary>What it may do, such as <c>inference</c> or <c>admin</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Limits per minute.</summary>
    public RateLimits Limits { get; init; } = RateLimits.None;

    /// <summary>The namespace's share in fair queueing; 1 is usual.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The one subcloud that it is good for; <see langword="null"/> means the main cloud, and subclouds that are open to all keys.</summary>
    public string? Subcloud { get; init; }

    /// <summary>Models that it may use; <see langword="null"/> means all.</summary>
    public IReadOnlyList<string>? AllowedModels { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it is refused; <see langword="null"/> means never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last, to the minute or so.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>When it was revoked; <see langword="null"/> while it is valid.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Whether it is valid at an instant: neither revoked nor expired.</summary>
    public bool IsValidAt(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);

    /// <summary>The key as the pipeline sees it: in its own subcloud, or in the main cloud.</summary>
    public Caller ToCaller() => new()
    {
        KeyId = Id,
        Namespace = SubcloudNamespace.Of(Namespace, Subcloud),
        Subcloud = Subcloud,
        Weight = Weight,
        Limits = Limits,
        AllowedModels = AllowedModels is null ? null : new HashSet<string>(AllowedModels, StringComparer.Ordinal),
    };
}
