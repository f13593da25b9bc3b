namespace Resultity.Serving.Stores;

/// <summary>The receivers of events, and the events on their way.</summary>
/// <remarks>
/// Safe for concurrent use. A write that has returned survives a power loss. The stores that record an ending write its event in the same
/// transaction, so that no ending is without its event and no event without its ending.
/// </remarks>
public interface IWebhookStore : IExpiring
{
    /// <summary>Adds a receiver, or replaces it.</summary>
    ValueTask PutAsync(Webhook webhook, CancellationToken cancellation);

    /// <summary>Reads a receiver of a namespace.</summary>
    ValueTask<Webhook?> GetAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Lists the receivers of a namespace, without its default.</summary>
    ValueTask<Page<Webhook>> ListAsync(string @namespace, PageQuery page, CancellationToken cancellation);

    /// <summary>Removes a receiver with its deliveries.</summary>
    ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Sends an event to every receiver that wants it, or to one.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="webhookId">The one receiver, whatever events it asked for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The deliveries' identifiers.</returns>
    ValueTask<IReadOnlyList<string>> EnqueueAsync(WebhookEvent happened, string? webhookId, CancellationToken cancellation);

    /// <summary>Takes deliveries that are due, so that no other gateway sends them before the lease ends.</summary>
    /// <param name="now">The time.</param>
    /// <param name="leaseUntil">When others may take them.</param>
    /// <param name="count">The most wanted.</param>
    /// <param name="perWebhook">The most wanted of one receiver.</param>
    /// <param name="busy">Receivers that can take no more now.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<WebhookDelivery>> TakeAsync(
        DateTimeOffset now, DateTimeOffset leaseUntil, int count, int perWebhook, IReadOnlyCollection<string> busy, CancellationToken cancellation);

    /// <summary>Records how a try ended.</summary>
    ValueTask RecordAsync(WebhookDelivery delivery, WebhookOutcome outcome, DateTimeOffset deleteAt, CancellationToken cancellation);

    /// <summary>Reads a delivery.</summary>
    ValueTask<WebhookDelivery?> GetDeliveryAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Lists the deliveries to a receiver; those to addresses that requests named belong to the default.</summary>
    ValueTask<Page<WebhookDelivery>> ListDeliveriesAsync(string @namespace, string webhookId, PageQuery page, CancellationToken cancellation);

    /// <summary>Sends a delivery again, whatever became of it.</summary>
    /// <returns>The delivery as it is now, or <see langword="null"/> if there is none.</returns>
    ValueTask<WebhookDelivery?> ReplayAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation);
}
