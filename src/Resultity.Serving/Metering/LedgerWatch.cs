using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;
using Resultity.Serving.Telemetry;

namespace Resultity.Serving.Metering;

/// <summary>Checks the last hour of the ledger of usage now and then, and shows the outcome as a metric: <c>resultity.ledger.imbalance</c>, which is to be 0.</summary>
public sealed partial class LedgerWatch : BackgroundService
{
    /// <summary>What is checked each time: much more than the time between two checks, and little beside a ledger of years.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    private readonly IUsageStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<LedgerWatch> _logger;
    private readonly Meter _meter = new(ServingTelemetry.Name + ".Ledger");
    private long _imbalance;

    /// <summary>Begins with the balance unchecked, which is shown as 0.</summary>
    public LedgerWatch(IUsageStore store, TimeProvider time, ILogger<LedgerWatch> logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        _meter.CreateObservableGauge("resultity.ledger.imbalance", () => Volatile.Read(ref _imbalance), "{entry}", "Sums, requests and batches whose usage is not that of the ledger.");
    }

    /// <summary>Checks now.</summary>
    /// <param name="from">From when on; <see langword="null"/> checks everything there is.</param>
    /// <param name="cancellation">Stops the check.</param>
    public async ValueTask<LedgerCheck> CheckAsync(DateTimeOffset? from, CancellationToken cancellation)
    {
        var check = await _store.CheckAsync(from, cancellation).ConfigureAwait(false);
        Volatile.Write(ref _imbalance, check.Sums + check.Jobs + check.Batches);
        if (!check.IsBalanced)
        {
            LogImbalance(check.Sums, check.Jobs, check.Batches);
        }

        return check;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    await CheckAsync(_time.GetUtcNow() - Window, stoppingToken).ConfigureAwait(false);
                }
                catch (StorageException exception)
                {
                    LogNotChecked(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    [LoggerMessage(1102, LogLevel.Error, "The ledger of usage does not balance: {Sums} sums, {Jobs} requests and {Batches} batches differ from it")]
    private partial void LogImbalance(long sums, long jobs, long batches);

    [LoggerMessage(1103, LogLevel.Warning, "The ledger of usage could not be checked; it is tried again")]
    private partial void LogNotChecked(Exception exception);
}
