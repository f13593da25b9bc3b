using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Batches;

/// <summary>How much of their places batches may use now: all of them, or less while interactive requests are in flight and this process gets to its work late.</summary>
/// <remarks>
/// What it measures is lateness: of its own timer, and of the thread pool in taking up work. Both grow when the processors are taken, by this process
/// or by its neighbours, and interactive requests wait just as long at every step. Works only while somebody asks; safe for concurrent use.
/// </remarks>
public sealed class BatchPressure : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Tolerable = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly InferencePipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _askedAt;
    private long _tickedAt;
    private long _interactiveAt;
    private long _starts;
    private double _share = 1;
    private int _isAwake;

    /// <summary>Begins asleep.</summary>
    public BatchPressure(InferencePipeline pipeline, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _pipeline = pipeline;
        _time = time;
        _timer = time.CreateTimer(static pressure => ((BatchPressure)pressure!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The part of their places that batches may use now, from 0 to 1.</summary>
    public double Share
    {
        get
        {
            Volatile.Write(ref _askedAt, _time.GetTimestamp());
            if (Interlocked.Exchange(ref _isAwake, 1) == 0)
            {
                Volatile.Write(ref _tickedAt, _time.GetTimestamp());
                _timer.Change(Period, Timeout.InfiniteTimeSpan);
            }

            return Volatile.Read(ref _share);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        var now = _time.GetTimestamp();
        var late = _time.GetElapsedTime(_tickedAt, now) - Period;
        ThreadPool.UnsafeQueueUserWorkItem(static state => state.Pressure.Adjust(state.now, state.late), (Pressure: this, now, late), preferLocal: false);
    }

    private void Adjust(long queuedAt, TimeSpan timerLate)
    {
        var now = _time.GetTimestamp();
        var starts = _pipeline.InteractiveStarts;
        if (starts != _starts || _pipeline.InteractiveInFlight > 0)
        {
            (_starts, _interactiveAt) = (starts, now);
        }

        var late = _time.GetElapsedTime(queuedAt, now) + (timerLate > TimeSpan.Zero ? timerLate : TimeSpan.Zero);
        var isShared = _interactiveAt != 0 && _time.GetElapsedTime(_interactiveAt, now) < Rest;
        Volatile.Write(ref _share, isShared && late > Tolerable ? _share * 0.7 : Math.Min(1, (_share * (isShared ? 1.02 : 1.2)) + 0.002));
        if (_time.GetElapsedTime(Volatile.Read(ref _askedAt), now) > Rest)
        {
            Volatile.Write(ref _isAwake, 0);
            return;
        }

        Volatile.Write(ref _tickedAt, now);
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }
}
