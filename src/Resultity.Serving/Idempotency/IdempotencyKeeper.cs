using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Idempotency;

/// <summary>Keeps the claims of this process alive, and at its start ends those that a crash has left.</summary>
public sealed partial class IdempotencyKeeper(IIdempotencyStore store, IdempotencyOptions options, JobOptions jobs, TimeProvider time, ILogger<IdempotencyKeeper> logger)
    : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything is served: a retry of what the crash interrupted must not wait for the lease.
        if (await store.EndLeasesAsync(jobs.Owner, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            LogEnded(count);
        }

        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    await store.RenewAsync(jobs.Owner, time.GetUtcNow() + options.Lease, stoppingToken).ConfigureAwait(false);
                }
                catch (StorageException exception)
                {
                    LogNotRenewed(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    [LoggerMessage(2201, LogLevel.Information, "{Count} requests with an idempotency key were interrupted by the last end of this gateway; their retries are computed")]
    private partial void LogEnded(int count);

    [LoggerMessage(2202, LogLevel.Warning, "The leases of idempotency keys could not be renewed; it is tried again")]
    private partial void LogNotRenewed(Exception exception);
}
