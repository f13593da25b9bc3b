using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Multimodel;

/// <summary>Reads the named multimodels from their store at the start, and again and again, since another gateway may have changed them.</summary>
public sealed partial class NamedMultimodelsReload(
    IEnumerable<IMultimodelStore> stores, NamedMultimodels named, TimeProvider time, ILogger<NamedMultimodelsReload> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private readonly IMultimodelStore? _store = stores.FirstOrDefault();

    /// <summary>Reads what a store has.</summary>
    public static async ValueTask ReloadAsync(IMultimodelStore store, NamedMultimodels named, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(named);
        var specs = new List<KeyValuePair<string, MultimodelSpec>>();
        foreach (var stored in await store.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (SpecReader.ReadMultimodel(Encoding.UTF8.GetBytes(stored.Spec), "", "").TryGet(out var spec, out _))
            {
                specs.Add(new(stored.Name, spec));
            }
        }

        named.Set(specs);
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryReloadAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await TryReloadAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutdown.
        }
    }

    private async ValueTask TryReloadAsync(CancellationToken cancellation)
    {
        try
        {
            if (_store is not null)
            {
                await ReloadAsync(_store, named, cancellation).ConfigureAwait(false);
            }
        }
        catch (StorageException failure)
        {
            LogNotRead(failure);
        }
    }

    [LoggerMessage(1301, LogLevel.Warning, "The named multimodels could not be read; those that are known stay")]
    private partial void LogNotRead(StorageException exception);
}
