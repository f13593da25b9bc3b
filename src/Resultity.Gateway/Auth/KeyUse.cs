using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Auth;

/// <summary>Writes down once a minute which keys were used.</summary>
internal sealed partial class KeyUse(KeyRing keys, IApiKeyStore store, TimeProvider time, ILogger<KeyUse> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var since = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var next = time.GetTimestamp();
                await WriteAsync(since, stoppingToken);
                since = next;
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops; a minute of last uses is not worth holding it up.
        }
    }

    private async Task WriteAsync(long since, CancellationToken cancellation)
    {
        try
        {
            if (keys.UsedSince(since) is { Count: > 0 } used)
            {
                await store.TouchAsync(used, cancellation);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWritten(exception);
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "When API keys were last used could not be written down")]
    private partial void LogNotWritten(Exception exception);
}
