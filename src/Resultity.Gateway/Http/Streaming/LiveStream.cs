using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>
/// A streamed answer with its kept events: one writer, who computes it, and any number of readers, who resume it. When its client has gone
/// and nobody reads, it is stopped after a grace.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class LiveStream : ITicking, IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamClock _clock;
    private readonly GatewayHttpOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly EventLog _log;
    private InferenceRequest? _rest;
    private TaskCompletionSource? _more;
    private long _abandonedAt;
    private int _readers = 1;
    private bool _disposed;

    public LiveStream(string id, string owner, StreamClock clock, GatewayHttpOptions options, EventLog log)
    {
        (Id, Owner, _clock, _options, _log) = (id, owner, clock, options, log);
        Stop = _stop.Token;
    }

    /// <summary>The request's identifier.</summary>
    public string Id { get; }

    /// <summary>The namespace that may read it.</summary>
    public string Owner { get; }

    /// <summary>Whether events carry their type as their name, and the stream ends without <c>[DONE]</c>, as those of responses do.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Whether it ended in <see cref="Suspend"/>, without an event that says so.</summary>
    public bool IsSuspended { get; private set; }

    /// <summary>Whether it was stopped because nobody read it.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Cancelled when nobody wants the answer any more.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Whether nothing follows.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Why it ended without being whole.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>The number of the last event.</summary>
    public long Last => _log.Last;

    /// <summary>Whether none of its events has been dropped.</summary>
    public bool HasAllEvents
    {
        get
        {
            lock (_gate)
            {
                return !_disposed && _log.First == 1;
            }
        }
    }

    /// <summary>How much memory its events take, and the request for the rest.</summary>
    public int Bytes => _log.Bytes + (_rest?.Body.Length ?? 0);

    /// <inheritdoc/>
    public int ClockIndex { get; set; } = -1;

    /// <summary>Keeps an event.</summary>
    /// <returns>Its number.</returns>
    public long Append(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _log.Append(data);
            }

            return _log.Last;
        }
    }

    /// <summary>Tells readers that there is more.</summary>
    public void Signal()
    {
        TaskCompletionSource? more;
        lock (_gate)
        {
            more = _more;
            _more = null;
        }

        more?.SetResult();
    }

    /// <summary>Stops here because nobody reads; a reader that comes back can have the rest computed.</summary>
    /// <param name="rest">The request, with a body of its own.</param>
    public void Suspend(InferenceRequest rest)
    {
        (_rest, IsSuspended) = (rest, true);
        End(Fault.Cancelled);
    }

    /// <summary>Takes the request of a suspended stream, once: whoever gets it goes on with it in a stream that takes over the events.</summary>
    public bool TryTakeRest([NotNullWhen(true)] out InferenceRequest? rest, [NotNullWhen(true)] out EventLog? log)
    {
        lock (_gate)
        {
            (rest, log) = (_rest, _log);
            if (_disposed || rest is null || _log.First != 1)
            {
                rest = null;
                return false;
            }

            // The log has a new owner; this stream must not dispose of it.
            (_rest, _disposed) = (null, true);
            return true;
        }
    }

    /// <summary>Marks the end.</summary>
    public void End(Fault? fault)
    {
        lock (_gate)
        {
            (HasEnded, Fault) = (true, fault);
        }

        Signal();
    }

    /// <summary>The client, or a reader, has gone.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_readers == 0)
            {
                _abandonedAt = _clock.Time.GetTimestamp();
            }
        }
    }

    /// <summary>A reader has come; the answer is computed on as long as it stays.</summary>
    public void Join()
    {
        lock (_gate)
        {
            _readers++;
        }
    }

    /// <summary>Stops the computation at once.</summary>
    public void StopNow() => _stop.Cancel();

    /// <summary>Copies the events after a number, if none of them has been dropped.</summary>
    /// <returns>The number of the last event copied and whether the stream ends there; <see langword="null"/> if events are missing.</returns>
    public (long Last, bool Ends)? CopyTo(IBufferWriter<byte> output, long after)
    {
        lock (_gate)
        {
            if (_disposed || after + 1 < _log.First)
            {
                return null;
            }

            return (_log.CopyTo(output, after, IsNamed), HasEnded);
        }
    }

    /// <summary>Waits until there are events after a number, or the end.</summary>
    public Task WaitAsync(long after)
    {
        lock (_gate)
        {
            if (_log.Last > after || HasEnded || _disposed)
            {
                return Task.CompletedTask;
            }

            return (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <inheritdoc/>
    public void Tick(long now)
    {
        bool abandoned;
        lock (_gate)
        {
            abandoned = _readers == 0 && !HasEnded && _clock.Time.GetElapsedTime(_abandonedAt, now) >= _options.ResumeGrace;
        }

        if (abandoned)
        {
            IsAbandoned = true;
            StopNow();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _log.Dispose();
            }

            (_disposed, _rest) = (true, null);
        }

        Signal();
    }
}
