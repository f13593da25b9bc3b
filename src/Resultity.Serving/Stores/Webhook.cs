namespace Resultity.Serving.Stores;

/// <summary>A receiver of events.</summary>
public sealed record Webhook
{
    /// <summary>Prefix of the identifiers of webhooks.</summary>
    public const string IdPrefix = "wh_";

    /// <summary>The name of the receiver that stands for all requests that bring an address of their own: its secret signs what is sent there.</summary>
    public const string DefaultPrefix = "default:";

    /// <summary>The identifier (<c>wh_…</c>).</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>Where events are sent; empty for a namespace's default, which has none of its own.</summary>
    public required string Url { get; init; }

    /// <summary>Its owner's words.</summary>
    public string Description { get; init; } = "";

    /// <summary>The types of events that are wanted; empty means all.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Whether events are sent.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Why the gateway has stopped sending; <see langword="null"/> unless it has.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>The secret that signs (<c>whsec_…</c>).</summary>
    public required string Secret { get; init; }

    /// <summary>The secret before the last rotation.</summary>
    public string? OldSecret { get; init; }

    /// <summary>Until when the old secret signs as well.</summary>
    public DateTimeOffset? OldValidUntil { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The identifier of a namespace's default.</summary>
    public static string DefaultOf(string @namespace) => DefaultPrefix + @namespace;

    /// <summary>The secrets that sign at an instant, the newest first.</summary>
    public IReadOnlyList<string> SecretsAt(DateTimeOffset now) => OldSecret is not null && OldValidUntil > now ? [Secret, OldSecret] : [Secret];
}

/// <summary>Something that has happened.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Type">What happened, such as <c>request.completed</c>.</param>
/// <param name="ObjectId">To what.</param>
/// <param name="At">When.</param>
/// <param name="Url">A receiver that the request named itself.</param>
public sealed record WebhookEvent(string Namespace, string Type, string ObjectId, DateTimeOffset At, string? Url = null);

/// <summary>An event on its way to one receiver.</summary>
public sealed record WebhookDelivery
{
    /// <summary>Prefix of the identifiers of deliveries.</summary>
    public const string IdPrefix = "whd_";

    /// <summary>Prefix of the identifiers of events.</summary>
    public const string EventPrefix = "evt_";

    /// <summary>The identifier (<c>whd_…</c>).</summary>
    public required string Id { get; init; }

    /// <summary>The receiver's identifier, or the address that the request named.</summary>
    public required string WebhookId { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The event's identifier (<c>evt_…</c>), the same for all its receivers.</summary>
    public required string EventId { get; init; }

    /// <summary>What happened.</summary>
    public required string Type { get; init; }

    /// <summary>To what.</summary>
    public required string ObjectId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary><c>pending</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it is tried next, while it is pending.</summary>
    public required DateTimeOffset NextAt { get; init; }

    /// <summary>The status of the last answer.</summary>
    public int? ResponseStatus { get; init; }

    /// <summary>Why the last try failed.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the receiver is an address that the request named.</summary>
    public bool IsDirect => !WebhookId.StartsWith(Webhook.IdPrefix, StringComparison.Ordinal);
}

/// <summary>How a try ended.</summary>
/// <param name="Status">The status of the answer; <see langword="null"/> if there was none.</param>
/// <param name="Error">Why it failed; <see langword="null"/> if it did not.</param>
/// <param name="RetryAt">When it is tried again; <see langword="null"/> for never.</param>
/// <param name="IsGone">The receiver says that it is gone for good: it is disabled.</param>
public sealed record WebhookOutcome(int? Status, string? Error, DateTimeOffset? RetryAt, bool IsGone = false);
