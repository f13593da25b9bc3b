using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>A child process as a state machine: whoever needs it calls <see cref="EnsureReadyAsync"/> and never looks before.</summary>
/// <remarks>
/// What <see cref="EnsureReadyAsync"/> does in each state: <see cref="ChildState.Ready"/> answers at once; <see cref="ChildState.Stopped"/> starts
/// the child; <see cref="ChildState.Starting"/> waits for the start that is under way; <see cref="ChildState.Stopping"/> waits for the end, then
/// starts it; <see cref="ChildState.BackingOff"/> fails at once with the reason of the last failure and the time that is left.
/// A start belongs to nobody: a caller that gives up does not stop it. Thread-safe.
/// </remarks>
public sealed partial class SupervisedChild : IAsyncDisposable
{
    private const int PortTries = 3;
    private readonly ChildHost _host;
    private readonly ChildOptions _options;
    private readonly ILogger _logger;
    private readonly RestartBackoff _backoff;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposing = new();
    private readonly CancellationToken _disposal;
    private Task<ChildInstance>? _running;
    private Task _ending = Task.CompletedTask;
    private CancellationTokenSource? _stopStart;
    private ChildInstance? _instance;
    private ChildState _state;
    private string? _failure;
    private bool _disposed;

    /// <summary>Makes the supervisor; nothing starts before it is wanted.</summary>
    public SupervisedChild(ChildHost host, ChildOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        (_host, _options, _logger) = (host, options, logger);
        _backoff = new RestartBackoff(host.Time, options.LongestBackoff);
        _disposal = _disposing.Token;
    }

    /// <summary>Raised after <see cref="State"/> changed, on any thread. Handlers return at once.</summary>
    public event Action? Changed;

    /// <summary>Where the child is now. For showing; deciding by it is a race.</summary>
    public ChildState State
    {
        get
        {
            lock (_gate)
                return _state == ChildState.BackingOff && _backoff.Left() == TimeSpan.Zero ? ChildState.Stopped : _state;
        }
    }

    /// <summary>Why it failed last, with what it said; null when it never did since it was last ready.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>What is left of the backoff.</summary>
    public TimeSpan RetryAfter => _backoff.Left();

    /// <summary>The child, ready to serve.</summary>
    /// <exception cref="ChildException">It cannot be started, did not get ready in time, was stopped meanwhile, or is backing off.</exception>
    public Task<ChildInstance> EnsureReadyAsync(CancellationToken cancellation)
    {
        Task<ChildInstance> running;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_running is null)
            {
                if (_state == ChildState.BackingOff && _backoff.Left() is var left && left > TimeSpan.Zero)
                    return Task.FromException<ChildInstance>(new ChildException($"{_failure} It is started again in {left.TotalSeconds:0.#} s.") { RetryAfter = left });
                Begin();
            }
            running = _running!;
        }
        return running.IsCompletedSuccessfully ? running : running.WaitAsync(cancellation);
    }

    /// <summary>Ends the child with all that it started; whoever waits for its start is told so. Idempotent.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            if (_running is null && _state != ChildState.Stopping)
            {
                // Also forgets a backoff: the owner has seen the failure.
                Set(ChildState.Stopped);
                return Task.CompletedTask;
            }
            if (_state == ChildState.Stopping)
                return _ending;
            var running = _running;
            _running = null;
            Set(ChildState.Stopping);
            _ = _stopStart?.CancelAsync();
            _stopStart = null;
            return _ending = StopAsync(running!);
        }
    }

    /// <summary>Kills an instance that does not do what it should, as if it had crashed.</summary>
    /// <param name="instance">Which life of the child; a later one is left alone.</param>
    /// <param name="reason">Why, as a sentence goes on: "… was killed because …".</param>
    public Task CondemnAsync(ChildInstance instance, string reason)
    {
        lock (_gate)
        {
            if (_instance != instance || _state != ChildState.Ready)
                return Task.CompletedTask;
            LogCondemned(_options.Name, instance.Id, reason);
            return _ending = FailAsync(instance, $"{_options.Name} was killed because {reason}.{instance.Log.Told()}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        await _disposing.CancelAsync();
        await StopAsync();
        await _ending;
    }

    // Under the lock.
    private void Begin()
    {
        Set(ChildState.Starting);
        var stop = new CancellationTokenSource();
        _stopStart = stop;
        var previous = _ending;
        _running = Task.Run(() => StartAsync(previous, stop), CancellationToken.None);
        // A failed start is told to those who wait; if nobody does, it has been logged.
        _ = _running.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async Task<ChildInstance> StartAsync(Task previous, CancellationTokenSource stop)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (stop.IsCancellationRequested)
                    throw WasStopped();
                var instance = _host.Launch(_options);
                var wrong = await UntilReadyAsync(instance, stop.Token);
                if (wrong is null && Arrive(instance, stop))
                    return instance;
                var portWasTaken = instance.Exited.IsCompleted && TellsOfTakenPort(instance);
                await _host.EndAsync(instance, stop.IsCancellationRequested ? _options.StopTimeout : TimeSpan.Zero);
                if (stop.IsCancellationRequested)
                    throw WasStopped();
                if (portWasTaken && attempt < PortTries)
                    continue;
                throw new ChildException($"{_options.Name} {wrong}{instance.Log.Told()}");
            }
        }
        catch (Exception e)
        {
            var failure = e as ChildException ?? new ChildException($"{_options.Name} could not be started: {e.Message}", e);
            lock (_gate)
            {
                if (_stopStart == stop)
                {
                    LogFailed(failure.Message);
                    Fall(failure.Message);
                }
            }
            throw failure;
        }
    }

    private ChildException WasStopped() => new($"{_options.Name} was stopped while it was starting.");

    // Null when it is ready, else what is wrong, as a sentence goes on.
    private async Task<string?> UntilReadyAsync(ChildInstance instance, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(_options.StartTimeout, _host.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop, instance.Gone);
        while (!any.IsCancellationRequested)
        {
            if (await AskAsync(instance, any.Token) && !instance.Exited.IsCompleted)
                return null;
            await Task.Delay(_options.ProbeInterval, _host.Time, any.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (instance.Gone.IsCancellationRequested)
            return $"{(await instance.Exited).Reason} before it was ready.";
        return stop.IsCancellationRequested ? "was stopped." : $"was not ready after {_options.StartTimeout.TotalSeconds:0.#} s, and was killed.";
    }

    private async ValueTask<bool> AskAsync(ChildInstance instance, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(_options.ProbeTimeout, _host.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            return await _options.Probe(instance, both.Token);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private bool Arrive(ChildInstance instance, CancellationTokenSource stop)
    {
        lock (_gate)
        {
            if (stop.IsCancellationRequested)
                return false;
            _instance = instance;
            _failure = null;
            _stopStart = null;
            _backoff.Ready();
            Set(ChildState.Ready);
        }
        _ = WatchAsync(instance);
        return true;
    }

    private async Task WatchAsync(ChildInstance instance)
    {
        var exit = await instance.Exited;
        lock (_gate)
        {
            if (_instance != instance || _state != ChildState.Ready)
                return;
            var failure = $"{_options.Name} {exit.Reason}.{instance.Log.Told()}";
            LogFailed(failure);
            _ending = FailAsync(instance, failure);
        }
    }

    // Under the lock when it begins. Nobody gets the instance any more from then on.
    private Task<ChildExit> FailAsync(ChildInstance instance, string failure)
    {
        _instance = null;
        Fall(failure);
        return Task.Run(() => _host.EndAsync(instance, TimeSpan.Zero));
    }

    // Under the lock.
    private void Fall(string failure)
    {
        _running = null;
        _stopStart = null;
        _failure = failure;
        var wait = _backoff.Failed();
        Set(wait == TimeSpan.Zero ? ChildState.Stopped : ChildState.BackingOff);
        if (!_disposed)
            _ = Task.Run(() => AfterAsync(wait));
    }

    // When the backoff is over: the state reads differently then, and a child that is to be kept starts again.
    private async Task AfterAsync(TimeSpan wait)
    {
        await Task.Delay(wait, _host.Time, _disposal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_disposed || _running is not null || _state is not (ChildState.Stopped or ChildState.BackingOff) || _failure is null)
                return;
            if (_options.KeepRunning)
                Begin();
        }
        Changed?.Invoke();
    }

    private async Task StopAsync(Task<ChildInstance> running)
    {
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompletedSuccessfully)
            await _host.EndAsync(await running, _options.StopTimeout);
        lock (_gate)
        {
            _instance = null;
            _failure = null;
            _backoff.Reset();
            if (_state == ChildState.Stopping)
                Set(ChildState.Stopped);
        }
    }

    private static bool TellsOfTakenPort(ChildInstance instance) =>
        !LoopbackPorts.IsFree(instance.Port) || instance.Log.Last().Any(static line => line.Contains("address already in use", StringComparison.OrdinalIgnoreCase) || line.Contains("couldn't bind", StringComparison.OrdinalIgnoreCase));

    // Under the lock; handlers return at once, and those that call back in find it theirs already.
    private void Set(ChildState state)
    {
        if (_state == state)
            return;
        _state = state;
        _ = Task.Run(() => Changed?.Invoke());
    }

    [LoggerMessage(4211, LogLevel.Warning, "{Failure}")]
    private partial void LogFailed(string failure);

    [LoggerMessage(4212, LogLevel.Warning, "{Name}, process {Id}, is killed because {Reason}")]
    private partial void LogCondemned(string name, int id, string reason);
}
