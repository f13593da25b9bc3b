using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Webhooks;

/// <summary>Sends the events that are due, to each receiver a few at a time, so that a slow one holds up no other.</summary>
internal sealed partial class WebhookSender(IWebhookStore store, WebhookClient client, WebhookOptions options, TimeProvider time, ILogger<WebhookSender> logger)
    : BackgroundService
{
    private readonly ConcurrentDictionary<string, int> _sending = new(StringComparer.Ordinal);
    private int _count;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await SendDueAsync(stoppingToken);
                }
                catch (StorageException exception)
                {
                    LogStorageFailed(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown. What is on its way is sent again after its lease.
        }
    }

    private async Task SendDueAsync(CancellationToken cancellation)
    {
        while (_count < options.MaxSending)
        {
            var now = time.GetUtcNow();
            string[] busy = [.. _sending.Where(pair => pair.Value >= options.PerReceiver).Select(static pair => pair.Key)];
            var taken = await store.TakeAsync(now, now + (2 * options.Timeout), options.MaxSending - _count, options.PerReceiver, busy, cancellation);
            if (taken.Count == 0)
            {
                return;
            }

            foreach (var delivery in taken)
            {
                Interlocked.Increment(ref _count);
                _sending.AddOrUpdate(delivery.WebhookId, 1, static (_, count) => count + 1);
                _ = SendAsync(delivery, cancellation);
            }
        }
    }

    private async Task SendAsync(WebhookDelivery delivery, CancellationToken cancellation)
    {
        try
        {
            var outcome = await TryAsync(delivery, cancellation);
            await store.RecordAsync(delivery, outcome, time.GetUtcNow() + options.KeepLog, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
        }
        finally
        {
            _sending.AddOrUpdate(delivery.WebhookId, 0, static (_, count) => count - 1);
            _sending.TryRemove(KeyValuePair.Create(delivery.WebhookId, 0));
            Interlocked.Decrement(ref _count);
        }
    }

    private async Task<WebhookOutcome> TryAsync(WebhookDelivery delivery, CancellationToken cancellation)
    {
        var receiver = await store.GetAsync(delivery.Namespace, delivery.IsDirect ? Webhook.DefaultOf(delivery.Namespace) : delivery.WebhookId, cancellation);
        if (receiver is not { IsEnabled: true })
        {
            return new WebhookOutcome(null, "The webhook is disabled.", null);
        }

        var now = time.GetUtcNow();
        var (status, error) = await client.SendAsync(delivery.IsDirect ? delivery.WebhookId : receiver.Url, receiver.SecretsAt(now), delivery, cancellation);
        return error is null ? new WebhookOutcome(status, null, null)
            : status == 410 ? new WebhookOutcome(status, error, null, IsGone: !delivery.IsDirect)
            : new WebhookOutcome(status, error, time.GetUtcNow() + WebhookSchedule.After(delivery.Attempts, Random.Shared.NextDouble()));
    }

    [LoggerMessage(3401, LogLevel.Warning, "Webhooks could not be looked after; it is tried again")]
    private partial void LogStorageFailed(Exception exception);
}
