using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Admission;

/// <summary>Who asks: an API key, the namespace that it belongs to, and what it may do. An immutable snapshot.</summary>
public sealed class Caller
{
    /// <summary>The key's identifier; never the key itself.</summary>
    public required string KeyId { get; init; }

    /// <summary>The namespace: the unit of fairness, of usage and of who sees which request.</summary>
    public required string Namespace { get; init; }

    /// <summary>The namespace's share in fair queueing; 1 is usual.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The subcloud that it asks in; <see langword="null"/> means the main cloud.</summary>
    public string? Subcloud { get; init; }

    /// <summary>The key's limits.</summary>
    public RateLimits Limits { get; init; } = RateLimits.None;

    /// <summary>Models that the key may use; <see langword="null"/> means all.</summary>
    public IReadOnlySet<string>? AllowedModels { get; init; }

    /// <summary>The same caller in a subcloud, or in the main cloud where <see langword="null"/>.</summary>
    public Caller In(string? subcloud) => subcloud == Subcloud ? this : new()
    {
        KeyId = KeyId,
        Namespace = SubcloudNamespace.Of(SubcloudNamespace.Plain(Namespace), subcloud),
        Subcloud = subcloud,
        Weight = Weight,
        Limits = Limits,
        AllowedModels = AllowedModels,
    };
}
