using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Shards;

/// <summary>Layers held for another node: one engine for one head, on the loopback, for as long as the lease lasts.</summary>
internal sealed partial class MemberLease : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(1);
    private readonly LeaseOrder _order;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly CancellationTokenSource _stop = new();
    private readonly SupervisedChild _child;
    private ChildInstance? _engine;
    private Task _watching = Task.CompletedTask;
    private volatile LeaseReport _report;

    public MemberLease(LeaseOrder order, ShardOptions options, ChildHost children, TimeProvider time, ILogger logger, Action changed)
    {
        (_order, _time, _logger, _changed) = (order, time, logger, changed);
        _report = new LeaseReport(order.LeaseId, PartState.Loading);
        _child = new SupervisedChild(
            children,
            new ChildOptions
            {
                Name = "ggml-rpc-server",
                // It dies of SIGPIPE when its head leaves in mid-answer, unless that is ignored before it starts.
                Program = "/bin/sh",
                Arguments = port => ["-c", "trap '' PIPE; exec \"$0\" \"$@\"", options.RpcServer!, "-H", "127.0.0.1", "-p", Text(port), "-t", Text(options.Threads), "-c"],
                // A connection that is closed at once: the engine serves one client at a time, and goes on to the next.
                Probe = ReadyProbe.ConnectAsync,
                StartTimeout = StartPatience,
                StopTimeout = TimeSpan.Zero,
                Environment = new Dictionary<string, string> { ["LLAMA_CACHE"] = options.CacheFolder, ["GGML_NO_BACKTRACE"] = "1" },
            },
            logger);
    }

    public LeaseReport Report => _report;

    public LeaseOrder Order => _order;

    /// <summary>Starts the engine, waits until it takes connections, then watches it.</summary>
    /// <returns>Why it does not; null when it does.</returns>
    public async Task<string?> StartAsync(CancellationToken cancellation)
    {
        try
        {
            _engine = await _child.EnsureReadyAsync(cancellation);
            _report = _report with { State = PartState.Ready };
            _watching = WatchAsync(_engine);
            return null;
        }
        catch (ChildException e)
        {
            Fail(e.Message);
            return e.Message;
        }
    }

    /// <summary>Carries one raw stream of the head to the engine and back.</summary>
    public async Task CarryAsync(LinkIncoming incoming)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(incoming.Aborted, _stop.Token);
        try
        {
            using var socket = await LoopbackPort.ConnectAsync(_engine!.Port, stop.Token);
            await incoming.StartAsync(200, null, default, stop.Token);
            await StreamPump.RunAsync(socket, incoming, stop.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or LinkStreamException)
        {
            LogStream(_order.LeaseId, e.Message);
            incoming.Reject(LinkErrorCode.Internal, "the member's engine is gone");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _child.DisposeAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(ChildInstance engine)
    {
        while (true)
        {
            await Task.WhenAny(engine.Exited, Task.Delay(Watch, _time, _stop.Token));
            if (_stop.IsCancellationRequested)
                return;
            if (engine.Exited.IsCompleted)
            {
                Fail($"ggml-rpc-server {(await engine.Exited).Reason}.{engine.Log.Told(3)}");
                return;
            }
            if (IsStopped(engine.Id))
            {
                Fail("ggml-rpc-server is stopped by a signal and computes nothing");
                return;
            }
        }
    }

    // A stopped engine keeps its connections, and its head would wait for it without end.
    private static bool IsStopped(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..] is ['T' or 't', ..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private void Fail(string reason)
    {
        _report = _report with { State = PartState.Failed, Reason = reason };
        LogFailed(_order.LeaseId, _order.Group, reason);
        // The head must not wait for an engine that does not answer: its streams end now.
        _ = _stop.CancelAsync();
        _changed();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(4231, LogLevel.Warning, "The lease {LeaseId} of {Group} failed: {Reason}")]
    private partial void LogFailed(string leaseId, string group, string reason);

    [LoggerMessage(4232, LogLevel.Information, "A stream under {LeaseId} ended: {Reason}")]
    private partial void LogStream(string leaseId, string reason);
}
