using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Shards;

/// <summary>A sharded model on its head: the plan that is in force, its engine, and the requests that wait for it.</summary>
/// <remarks>
/// Thread-safe. When the engine is lost the group stays: its requests wait until the gateway sends the next plan, or ends the group, or
/// says nothing for too long.
/// </remarks>
internal sealed partial class ShardGroup(ServeOrder first, Func<ServeOrder, HeadEngine> start, ShardOptions options, TimeProvider time, ILogger logger, Action changed) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource<HeadEngine> _ready = Pending();
    private HeadEngine? _engine;
    private Task _life = Task.CompletedTask;
    private int _running;
    private TaskCompletionSource? _idle;
    private volatile GroupReport _report = new(first.Group, first.Generation, PartState.Loading);

    public ServeOrder Order { get; private set; } = first;

    public GroupReport Report => _report;

    public bool Ended => _stop.IsCancellationRequested;

    /// <summary>Puts a plan in force, unless it is older than the one that is.</summary>
    public async Task ApplyAsync(ServeOrder order)
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            if (_engine is not null && order.Generation <= Order.Generation)
                return;
            await EndEngineAsync();
            Order = order;
            Say(new GroupReport(order.Group, order.Generation, PartState.Loading));
            _engine = start(order);
            _life = LiveAsync(_engine, order);
        }
        catch (Exception e) when (e is IOException or ChildException)
        {
            Say(new GroupReport(order.Group, order.Generation, PartState.Failed, e.Message));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Runs a request on the engine, as soon as there is one that is ready.</summary>
    /// <exception cref="IOException">The group has ended; the message says why.</exception>
    public async ValueTask RunAsync(Func<Uri, ValueTask> request, CancellationToken cancellation)
    {
        Task<HeadEngine> ready;
        lock (_gate)
        {
            _running++;
            ready = _ready.Task;
        }
        try
        {
            var engine = await ready.WaitAsync(cancellation);
            await request(engine.Root);
        }
        finally
        {
            lock (_gate)
                if (--_running == 0)
                    _idle?.TrySetResult();
        }
    }

    /// <summary>Ends the group; with <paramref name="drain"/> after the requests that run.</summary>
    public async Task EndAsync(string reason, bool drain, CancellationToken cancellation)
    {
        if (drain)
            await IdleAsync().WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            _ready.TrySetException(new IOException(reason));
        _ = _ready.Task.Exception;
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _turn.WaitAsync();
        await EndEngineAsync();
        lock (_gate)
            _ready.TrySetException(new IOException("the sharded model has ended"));
        _ = _ready.Task.Exception;
    }

    private static TaskCompletionSource<HeadEngine> Pending() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task IdleAsync()
    {
        lock (_gate)
            return _running == 0 ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private async Task LiveAsync(HeadEngine engine, ServeOrder order)
    {
        var since = time.GetTimestamp();
        var wrong = await engine.StartAsync(_stop.Token);
        if (wrong is null)
        {
            var took = time.GetElapsedTime(since).TotalSeconds;
            LogReady(order.Group, order.Generation, took);
            lock (_gate)
                _ready.TrySetResult(engine);
            Say(new GroupReport(order.Group, order.Generation, PartState.Ready, null, took));
            wrong = await engine.UntilLostAsync(_stop.Token);
        }
        if (_stop.IsCancellationRequested || Order != order)
            return;
        LogLost(order.Group, order.Generation, wrong);
        lock (_gate)
            if (_ready.Task.IsCompleted)
                _ready = Pending();
        Say(new GroupReport(order.Group, order.Generation, PartState.Failed, wrong));
        await Task.Delay(options.ReplanPatience, time, _stop.Token);
        if (Order == order)
            await EndAsync("no new plan came for the sharded model", drain: false, _stop.Token);
    }

    // Under the turn.
    private async Task EndEngineAsync()
    {
        lock (_gate)
            if (_ready.Task.IsCompleted)
                _ready = Pending();
        if (_engine is null)
            return;
        await _engine.DisposeAsync();
        _engine = null;
    }

    private void Say(GroupReport report)
    {
        _report = report;
        changed();
    }

    [LoggerMessage(4234, LogLevel.Information, "The sharded model {Group}, plan {Generation}, is ready after {Seconds:0.0} s")]
    private partial void LogReady(string group, int generation, double seconds);

    [LoggerMessage(4235, LogLevel.Warning, "The sharded model {Group}, plan {Generation}, was lost: {Reason}")]
    private partial void LogLost(string group, int generation, string reason);
}
