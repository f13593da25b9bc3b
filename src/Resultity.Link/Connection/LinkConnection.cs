using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Link.Frames;

namespace Resultity.Link;

/// <summary>Many streams over one byte stream; either end opens them. The format is in <c>docs/link-protocol.md</c>.</summary>
/// <remarks>
/// Thread-safe. <see cref="RunAsync"/> must run for anything to arrive. The transport belongs to the link and is disposed with it.
/// A link never comes back: when it has ended, make another.
/// </remarks>
public sealed partial class LinkConnection : IAsyncDisposable
{
    private readonly Stream _transport;
    private readonly LinkSide _side;
    private readonly ILinkHandler? _handler;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource<LinkFault> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkFault? _ended;
    private int _running;

    /// <summary>Makes a link over a connected transport.</summary>
    /// <param name="transport">Any duplex byte stream whose writes leave at once.</param>
    /// <param name="side">Which end this is.</param>
    /// <param name="options">Limits and timing.</param>
    /// <param name="incoming">Serves the streams that the peer opens; null refuses them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failures of handlers are reported.</param>
    public LinkConnection(Stream transport, LinkSide side, LinkOptions options, ILinkHandler? incoming, TimeProvider time, ILogger? logger = null)
    {
        _transport = transport;
        _side = side;
        _handler = incoming;
        _logger = logger ?? NullLogger.Instance;
        _nextId = side == LinkSide.Dialler ? 1u : 2u;
        Options = options;
        Time = time;
        _lastReceived = time.GetTimestamp();
        _stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Sender = new FrameSender(transport, options) { Failed = OnSenderFailed };
    }

    /// <summary>Raised from the link's own loops when the peer falls silent (true) or is heard again (false).</summary>
    public event Action<LinkConnection, bool>? SilenceChanged;

    /// <summary>The smoothed round trip of pings; zero until one was measured.</summary>
    public TimeSpan RoundTrip => new(Volatile.Read(ref _roundTripTicks));

    /// <summary>True once no stream can be opened: ended, or the peer drains.</summary>
    public bool Closed => Ended || Volatile.Read(ref _peerDraining);

    /// <summary>True while nothing has been heard of the peer for <see cref="LinkOptions.SilentAfter"/>.</summary>
    public bool Silent => Volatile.Read(ref _silent);

    /// <summary>Ends with the reason for which the link ended.</summary>
    public Task<LinkFault> Completion => _completed.Task;

    internal LinkOptions Options { get; }

    internal TimeProvider Time { get; }

    internal FrameSender Sender { get; }

    /// <summary>True once the link has ended; <see cref="Completion"/> has the reason when all is closed.</summary>
    public bool Ended => Volatile.Read(ref _ended) is not null;

    /// <summary>Opens a stream and waits for the head of its answer. Faults, also of the whole link, are in the exchange.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before the head came; the peer was told.</exception>
    /// <exception cref="ArgumentException">The head of the request is over a limit.</exception>
    public ValueTask<LinkExchange> SendAsync(LinkRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<LinkExchange>(cancellationToken)
            : new LinkExchange(this).StartAsync(request, cancellationToken);
    }

    /// <summary>Runs the link until it ends; returns why. Cancelling closes it without a drain.</summary>
    public async Task<LinkFault> RunAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new InvalidOperationException("A link runs once.");
        await using var stopping = cancellationToken.UnsafeRegister(static link => ((LinkConnection)link!).Close(LinkErrorCode.None, "this end stops"), this);
        await using var keepalive = Time.CreateTimer(static link => ((LinkConnection)link!).KeepAlive(), this, Options.PingInterval, Options.PingInterval);
        Sender.Ping(FrameType.Ping, (ulong)Time.GetTimestamp());
        End(await ReceiveAsync());
        Sender.Finish();
        var timeout = Task.Delay(Options.CloseTimeout, Time, CancellationToken.None);
        await Task.WhenAny(Sender.Stopped, timeout);
        Sender.Abort(new ObjectDisposedException(nameof(LinkConnection)));
        await _transport.DisposeAsync();
        _completed.TrySetResult(_ended!);
        return _ended!;
    }

    /// <summary>Closes the link now and tells the peer why; streams fail with the same reason.</summary>
    public void Close(LinkErrorCode code, string reason)
    {
        if (!End(new LinkFault(code, reason, LinkEnded: true)))
            return;
        Sender.Stop(FrameType.GoAway, 0, code, reason);
        Sender.Finish();
        // Reading goes on, to no effect, until the peer has closed: a socket that is closed with bytes unread takes back what it sent last.
        _stop.CancelAfter(Options.CloseTimeout);
    }

    /// <summary>Takes no new streams, waits for those that run, then closes.</summary>
    /// <exception cref="OperationCanceledException">The wait was cut short; the link is still open, for the caller to close.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        if (BeginDrain())
            Sender.Stop(FrameType.GoAway, 0, LinkErrorCode.Draining, "this end takes no new streams");
        await Task.WhenAny(_drained.Task, Completion).WaitAsync(cancellationToken);
        Close(LinkErrorCode.None, "drained");
    }

    /// <summary>Closes the link and waits until its transport is disposed, if it ran.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(LinkErrorCode.None, "this end closes");
        if (Volatile.Read(ref _running) != 0)
            await Completion;
        else
            await _transport.DisposeAsync();
        _stop.Dispose();
    }

    // The first reason stays. True when this call ended the link.
    private bool End(LinkFault fault)
    {
        List<LinkStream> streams;
        lock (_tableGate)
        {
            if (_ended is not null)
                return false;
            _ended = fault;
            streams = [.. _table.Values];
            _table.Clear();
            _outgoing = 0;
        }
        foreach (var stream in streams)
            stream.Fail(fault with { LinkEnded = true });
        return true;
    }

    private void OnSenderFailed(LinkFault fault)
    {
        End(fault);
        _ = _stop.CancelAsync();
    }

    [LoggerMessage(1, LogLevel.Error, "Serving {Method} {Path} over a link failed")]
    private partial void LogFailure(Exception exception, string method, string path);

    internal void LogHandlerFailed(Exception exception, string method, string path) => LogFailure(exception, method, path);
}
