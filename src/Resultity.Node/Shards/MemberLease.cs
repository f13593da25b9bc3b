using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Link;

namespace Resultity.Node.Shards;

/// <summary>Layers held for another node: one engine for one head, on the loopback, for as long as the lease lasts.</summary>
internal sealed partial class MemberLease : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(1);
    private readonly LeaseOrder _order;
    private readonly ShardOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private readonly EngineProcess _engine;
    private Task _watching = Task.CompletedTask;
    private volatile LeaseReport _report;

    /// <exception cref="IOException">The engine can't be started.</exception>
    public MemberLease(LeaseOrder order, ShardOptions options, Random random, TimeProvider time, ILogger logger, Action changed)
    {
        (_order, _options, _time, _logger, _changed) = (order, options, time, logger, changed);
        _report = new LeaseReport(order.LeaseId, PartState.Loading);
        _port = LoopbackPort.Find(random);
        Directory.CreateDirectory(options.CacheFolder);
        // It dies of SIGPIPE when its head leaves in mid-answer, unless that is ignored before it starts.
        _engine = EngineProcess.Start(
            "/bin/sh",
            ["-c", "trap '' PIPE; exec \"$0\" \"$@\"", options.RpcServer!, "-H", "127.0.0.1", "-p", Text(_port), "-t", Text(options.Threads), "-c"],
            new Dictionary<string, string> { ["LLAMA_CACHE"] = options.CacheFolder });
    }

    public LeaseReport Report => _report;

    public LeaseOrder Order => _order;

    /// <summary>Waits until the engine takes connections, then watches it.</summary>
    /// <returns>Why it does not; null when it does.</returns>
    public async Task<string?> StartAsync(CancellationToken cancellation)
    {
        var since = _time.GetTimestamp();
        while (!_engine.Exited.IsCompleted && _time.GetElapsedTime(since) < StartPatience)
        {
            try
            {
                // A connection that is closed at once: the engine serves one client at a time, and goes on to the next.
                (await LoopbackPort.ConnectAsync(_port, cancellation)).Dispose();
                _report = _report with { State = PartState.Ready };
                _watching = WatchAsync();
                return null;
            }
            catch (SocketException)
            {
                await Task.Delay(Look, _time, cancellation);
            }
        }
        var reason = _engine.Exited.IsCompleted ? $"ggml-rpc-server ended: {_engine.Ending}" : "ggml-rpc-server does not listen";
        Fail(reason);
        return reason;
    }

    /// <summary>Carries one raw stream of the head to the engine and back.</summary>
    public async Task CarryAsync(LinkIncoming incoming)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(incoming.Aborted, _stop.Token);
        try
        {
            using var socket = await LoopbackPort.ConnectAsync(_port, stop.Token);
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
        await _engine.DisposeAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.WhenAny(_engine.Exited, Task.Delay(Watch, _time, _stop.Token));
            if (_stop.IsCancellationRequested)
                return;
            if (_engine.Exited.IsCompleted)
            {
                Fail($"ggml-rpc-server ended: {_engine.Ending}");
                return;
            }
            if (_engine.IsStopped)
            {
                Fail("ggml-rpc-server is stopped and computes nothing");
                return;
            }
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

    [LoggerMessage(4211, LogLevel.Warning, "The lease {LeaseId} of {Group} failed: {Reason}")]
    private partial void LogFailed(string leaseId, string group, string reason);

    [LoggerMessage(4212, LogLevel.Information, "A stream under {LeaseId} ended: {Reason}")]
    private partial void LogStream(string leaseId, string reason);
}
