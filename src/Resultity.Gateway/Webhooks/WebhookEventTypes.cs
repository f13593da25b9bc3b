using Resultity.Contracts.Values;

namespace Resultity.Gateway.Webhooks;

/// <summary>The types of events that there are.</summary>
internal static class WebhookEventTypes
{
    /// <summary>The event that is sent to try a receiver out.</summary>
    public const string Test = "webhook.test";

    /// <summary>All types that can be asked for.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "request.completed", "request.failed", "request.cancelled", "request.aborted", "request.expired",
        "batch.completed", "batch.failed", "batch.expired", "batch.cancelled",
        "response.completed", "response.failed", "response.cancelled", "response.incomplete",
    ];

    /// <summary>What is wrong with a choice of types; <see langword="null"/> if nothing is.</summary>
    public static Fault? Check(IEnumerable<string> types) => types.FirstOrDefault(static type => !All.Contains(type)) is null ? null
        : Fault.Invalid($"Invalid 'events': supported are {string.Join(", ", All.Select(static type => $"'{type}'"))}.", "events");
}
