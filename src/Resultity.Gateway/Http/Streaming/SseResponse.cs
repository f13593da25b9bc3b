using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Fleet;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>
/// A response of server-sent events: written by its owner in turns (<see cref="BeginAsync"/> … <see cref="EndAsync"/>), and between the
/// turns kept alive by the clock with comments.
/// </summary>
/// <remarks>
/// The head goes out with the first turn, or with the first comment when the owner has nothing to say for a while. Until then
/// (<see cref="HasStarted"/> inside a turn) any other answer can still be given. Add it to the <see cref="StreamClock"/>, and remove it at the end.
/// </remarks>
internal sealed class SseResponse(HttpContext context, StreamClock clock, GatewayHttpOptions options) : ITicking, IThreadPoolWorkItem
{
    private static readonly TimeSpan PositionInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly PipeWriter _output = context.Response.BodyWriter;
    private readonly long _created = clock.Time.GetTimestamp();
    private long _written = clock.Time.GetTimestamp();
    private Task _comment = Task.CompletedTask;
    private bool _inTurn;
    private bool _closed;
    private int _position;
    private ModelLoading? _loading;

    /// <inheritdoc/>
    public int ClockIndex { get; set; } = -1;

    /// <summary>Where the request waits, for the comments; set once, before the response is given to the clock.</summary>
    public RequestProgress? Progress { get; init; }

    /// <summary>Whether the head is out. Settled inside a turn; between turns the clock may start it.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Whether the client has gone; nothing is written any more.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Where the owner writes within a turn.</summary>
    public IBufferWriter<byte> Output => _output;

    /// <summary>Begins a turn: from here to its end the clock writes nothing.</summary>
    public ValueTask BeginAsync()
    {
        Task comment;
        lock (_gate)
        {
            _inTurn = true;
            comment = _comment;
        }

        return comment.IsCompleted ? ValueTask.CompletedTask : new ValueTask(comment);
    }

    /// <summary>Ends a turn: sends what was written in it, in one piece.</summary>
    /// <returns><see langword="false"/> if the client has gone.</returns>
    public async ValueTask<bool> EndAsync()
    {
        Start();
        var open = await FlushAsync();
        lock (_gate)
        {
            _inTurn = false;
            _closed |= !open;
            _written = clock.Time.GetTimestamp();
        }

        return open;
    }

    /// <summary>The client has gone: no more comments.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    /// <summary>Ends the response for good; when the task has completed, nothing touches it any more.</summary>
    public async ValueTask CloseAsync()
    {
        Close();
        await _comment;
    }

    /// <summary>Sends the head and a comment as soon as possible, from another thread than the caller's.</summary>
    public void AcceptSoon() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute() => Comment(clock.Time.GetTimestamp(), mustSay: true);

    /// <inheritdoc/>
    public void Tick(long now)
    {
        var due = HasStarted
            ? clock.Time.GetElapsedTime(_written, now) >= options.KeepAlive
            : clock.Time.GetElapsedTime(_created, now) >= options.AcceptStreamsAfter;
        if (due || (Progress is { } progress && (progress.Ticket is not null || progress.Loading is not null) && clock.Time.GetElapsedTime(_written, now) >= PositionInterval))
        {
            Comment(now, due);
        }
    }

    private void Comment(long now, bool mustSay)
    {
        lock (_gate)
        {
            if (_inTurn || _closed || !_comment.IsCompleted)
            {
                return;
            }

            var queue = Progress?.Ticket?.Read();
            var position = queue?.Position ?? 0;
            var loading = Progress?.Loading;
            if (!mustSay && position == _position && loading == _loading)
            {
                return;
            }

            Start();
            if (queue is not null)
            {
                SseFrame.WriteQueued(_output, queue);
            }

            if (loading is not null)
            {
                SseFrame.WriteLoading(_output, loading);
            }
            else if (queue is null)
            {
                _output.Write(SseFrame.KeepAlive);
            }

            (_position, _loading, _written) = (position, loading, now);
            _comment = FlushCommentAsync();
        }
    }

    private async Task FlushCommentAsync()
    {
        if (!await FlushAsync())
        {
            Close();
        }
    }

    private void Start()
    {
        if (HasStarted)
        {
            return;
        }

        HasStarted = true;
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";

        // Asks nginx and its like not to collect the events.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private async ValueTask<bool> FlushAsync()
    {
        try
        {
            var result = await _output.FlushAsync();
            return !result.IsCompleted && !result.IsCanceled;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            return false;
        }
    }
}
