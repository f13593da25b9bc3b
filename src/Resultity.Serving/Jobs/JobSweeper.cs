using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

/// <summary>Looks after deadlines and retentions: ends jobs that waited too long, and deletes in small steps what nobody may read any more.</summary>
public sealed partial class JobSweeper(
    IJobStore jobs, IEnumerable<IExpiring> expiring, IEnumerable<IBlobOwner> owners, IBlobStore blobs, JobChanges changes, JobOptions options, TimeProvider time, ILogger<JobSweeper> logger)
    : BackgroundService
{
    /// <summary>Small, since one step holds up every other write.</summary>
    private const int Step = 100;

    /// <summary>A blob is put before its owner is written, so a young one without an owner is not lost yet.</summary>
    private static readonly TimeSpan BlobAge = TimeSpan.FromHours(1);

    private DateTimeOffset _blobsSweptAt = DateTimeOffset.MinValue;

    /// <summary>Does what is due now.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        IReadOnlyList<Job> expired;
        do
        {
            expired = await jobs.ExpireAsync(now, Step, cancellation).ConfigureAwait(false);
            foreach (var job in expired)
            {
                changes.Raise(job.Id);
            }
        }
        while (expired.Count == Step);

        while (await jobs.DeleteExpiredAsync(now, Step, cancellation).ConfigureAwait(false) == Step)
        {
        }

        foreach (var store in expiring)
        {
            while (await store.DeleteExpiredAsync(now, Step, cancellation).ConfigureAwait(false) == Step)
            {
            }
        }

        if (now - _blobsSweptAt >= BlobAge)
        {
            _blobsSweptAt = now;
            await SweepBlobsAsync(now - BlobAge, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    await SweepAsync(stoppingToken).ConfigureAwait(false);
                }
                catch (StorageException exception)
                {
                    LogSweepFailed(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    private async Task SweepBlobsAsync(DateTimeOffset putBefore, CancellationToken cancellation)
    {
        await foreach (var names in blobs.ListAsync(putBefore, cancellation).Chunk(Step).ConfigureAwait(false))
        {
            var lost = names.ToHashSet(StringComparer.Ordinal);
            foreach (var owner in owners)
            {
                lost.ExceptWith(await owner.OwnedBlobsAsync(names, cancellation).ConfigureAwait(false));
            }

            foreach (var name in lost)
            {
                await blobs.DeleteAsync(name, cancellation).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(2111, LogLevel.Error, "Deadlines and retentions could not be looked after; it is tried again")]
    private partial void LogSweepFailed(Exception exception);
}
