using System.Text.Json;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Shards;

namespace Resultity.Node.Agent;

/// <summary>Tells the gateway every second, and at once when something changed, how the node is.</summary>
internal sealed class Heartbeat(LinkSet links, RuntimeSet runtimes, IEnumerable<ShardRuntime> shards, IOptions<NodeOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(3);
    private const int NeedsOffers = 409;
    private readonly Signal _signal = new();
    private readonly ShardRuntime? _shards = shards.FirstOrDefault();
    private long _sequence;
    private int _changes = 1;
    private int _told;
    private volatile bool _draining;

    /// <summary>From now on the node says that it takes nothing new.</summary>
    public void Drain()
    {
        _draining = true;
        _signal.Set();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        runtimes.Changed += OnOffersChanged;
        links.Added += OnLinkAdded;
        _shards?.ReportChanged += _signal.Set;
        try
        {
            await using var timer = time.CreateTimer(static signal => ((Signal)signal!).Set(), _signal, Beat, Beat);
            while (true)
            {
                await _signal.WaitAsync(cancellation);
                if (links.Usable is { } link)
                    await SendAsync(link, cancellation);
            }
        }
        finally
        {
            runtimes.Changed -= OnOffersChanged;
            links.Added -= OnLinkAdded;
            _shards?.ReportChanged -= _signal.Set;
        }
    }

    private void OnOffersChanged()
    {
        Interlocked.Increment(ref _changes);
        _signal.Set();
    }

    private void OnLinkAdded()
    {
        // The gateway may be another process than before, which knows nothing.
        if (links.All.Count == 1)
            Interlocked.Increment(ref _changes);
        _signal.Set();
    }

    private async Task SendAsync(LinkConnection link, CancellationToken cancellation)
    {
        var changes = Volatile.Read(ref _changes);
        var (free, total) = SystemMemory.Read();
        var status = new NodeStatus
        {
            Sequence = ++_sequence,
            Offers = changes == _told ? null : runtimes.Offers,
            Region = options.Value.Region,
            Subclouds = options.Value.Subclouds.Count == 0 ? null : [.. options.Value.Subclouds],
            Draining = _draining,
            Running = runtimes.Running,
            FreeMemory = free,
            TotalMemory = total,
            Shards = _shards?.Report,
        };
        using var patience = new CancellationTokenSource(AnswerPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await using var exchange = await link.SendAsync(
                new LinkRequest { Path = FleetPaths.Status, Body = JsonSerializer.SerializeToUtf8Bytes(status, FleetJson.Default.NodeStatus) }, both.Token);
            if (exchange.Status is >= 200 and < 300)
                _told = changes;
            else if (exchange.Status == NeedsOffers)
            {
                _told = 0;
                _signal.Set();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // No answer in time: the next beat goes over whichever link is heard then.
        }
    }
}
