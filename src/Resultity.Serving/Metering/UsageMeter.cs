using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Metering;

/// <summary>Adds the usage of interactive requests up per minute, key, model, endpoint and node, and posts the sums four times a second and at shutdown.</summary>
/// <remarks>
/// Thousands of requests a second become a few rows; a posting that could not be written is kept and tried again. What a crash can lose is the
/// usage of that quarter of a second. The usage of durable requests does not come here: it is recorded with their result.
/// </remarks>
public sealed partial class UsageMeter(IUsageStore store, TimeProvider time, ILogger<UsageMeter> logger) : BackgroundService, IUsageRecorder
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private Dictionary<Key, Sum> _sums = [];
    private UsagePosting? _pending;

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

    /// <summary>Writes what has been noted so far. One call at a time.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        // One that failed is repeated as it was: whether it was written is for the store to know, by its identifier.
        while ((_pending ??= Cut()) is { } posting)
        {
            try
            {
                await store.AppendAsync([posting], cancellation).ConfigureAwait(false);
                _pending = null;
            }
            catch (Exception exception) when (exception is StorageException or OperationCanceledException)
            {
                LogNotWritten(exception, posting.Rows.Count);
                return;
            }
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

    private UsagePosting? Cut()
    {
        Dictionary<Key, Sum> sums;
        lock (_gate)
        {
            if (_sums.Count == 0)
            {
                return null;
            }

            (sums, _sums) = (_sums, []);
        }

        return new UsagePosting { Id = Id.New("use_", time), Rows = [.. sums.Select(static pair => Row(pair.Key, pair.Value))] };
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
        Images = sum.Usage.Images,
        AudioMilliseconds = sum.Usage.AudioMilliseconds,
    };

    private readonly record struct Key(long Minute, string Namespace, string KeyId, string Model, string Endpoint, string NodeId);

    private readonly record struct Sum(long Requests, long Failed, Usage Usage);
}
