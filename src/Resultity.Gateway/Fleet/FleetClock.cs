using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Fleet;

/// <summary>What the fleet does by the clock and at the end: looks for silent nodes, records who was seen, drains.</summary>
internal sealed partial class FleetClock(LiveFleet fleet, INodeStore store, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<FleetClock> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private const int BeatsPerTouch = 60;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before the server stops: it waits for its connections, links among them.
        using var stopping = lifetime.ApplicationStopping.Register(() => _ = fleet.DrainAsync(CancellationToken.None));
        using var timer = new PeriodicTimer(Beat, time);
        for (var beat = 1; await timer.WaitForNextTickAsync(stoppingToken); beat++)
        {
            fleet.CheckStatuses();
            if (beat % BeatsPerTouch == 0)
                await TouchAsync(stoppingToken);
        }
    }

    private async Task TouchAsync(CancellationToken cancellation)
    {
        try
        {
            var now = time.GetUtcNow();
            await store.TouchAsync([.. fleet.NodeIds.Select(id => KeyValuePair.Create(id, now))], cancellation);
        }
        catch (StorageException e)
        {
            // Only the record of when nodes were seen; the next minute tries again.
            LogTouchFailed(e);
        }
    }

    [LoggerMessage(3021, LogLevel.Warning, "Recording when nodes were seen failed")]
    private partial void LogTouchFailed(Exception exception);
}
