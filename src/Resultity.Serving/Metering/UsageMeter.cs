using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Metering;

/// <summary>Adds usage up per minute, key, model, endpoint and node, and writes the sums once a second and at shutdown.</summary>
/// <remarks>Thousands of requests a second become a few rows; a row that could not be written is kept and tried again.</remarks>
public sealed partial class UsageMeter(IUsageStore store, TimeProvider time, ILogger<UsageMeter> logger) : BackgroundService, IUsageRecorder
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Dictionary<Key, Sum> _sums = [];

    /// <inheritdoc/>
    public void Record(in UsageEntry entry)
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        var key = new Key(minute, entry.Namespace, entry.KeyId, entry.Model, entry.Endpoint.Path, entry.NodeId);
        lock (_gate)
        {
            var sum = _sums.GetValueOrDefault(key);
            _sums[key] = new Sum(sum.Requests + 1, sum.Failed + (entry.Failed ? 1 : 0), sum.Usage + entry.Usage);
        }
    }

    /// <summary>Writes what has been noted so far.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        Dictionary<Key, Sum> sums;
        lock (_gate)
        {
            if (_sums.Count == 0)
            {
                return;
            }

            (sums, _sums) = (_sums, []);
        }

        try
        {
            await store.AppendAsync([.. sums.Select(pair => Row(pair.Key, pair.Value))], cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException or OperationCanceledException)
        {
            LogNotWritten(exception, sums.Count);
            PutBack(sums);
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await FlushAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown; StopAsync writes the rest.
        }
    }

    private static UsageRow Row(Key key, Sum sum) => new()
    {
        Minute = DateTimeOffset.FromUnixTimeSeconds(key.Minute * 60),
        Namespace = key.Namespace,
        KeyId = key.KeyId,
        Model = key.Model,
        Endpoint = key.Endpoint,
        NodeId = key.NodeId,
        Requests = sum.Requests,
        Failed = sum.Failed,
        InputTokens = sum.Usage.InputTokens,
        OutputTokens = sum.Usage.OutputTokens,
        CachedTokens = sum.Usage.CachedTokens,
    };

    private void PutBack(Dictionary<Key, Sum> sums)
    {
        lock (_gate)
        {
            foreach (var (key, sum) in sums)
            {
                var newer = _sums.GetValueOrDefault(key);
                _sums[key] = new Sum(sum.Requests + newer.Requests, sum.Failed + newer.Failed, sum.Usage + newer.Usage);
            }
        }
    }

    private readonly record struct Key(long Minute, string Namespace, string KeyId, string Model, string Endpoint, string NodeId);

    private readonly record struct Sum(long Requests, long Failed, Contracts.Values.Usage Usage);
}
