namespace Resultity.Serving.Admission;

/// <summary>A token bucket that refills evenly over a minute and holds a minute's worth. Not thread-safe.</summary>
internal struct RateWindow
{
    private double _available;
    private long _at;
    private int _limit;

    /// <summary>Brings the bucket to this instant, and to a changed limit.</summary>
    public void Advance(int limit, long now, long ticksPerSecond)
    {
        if (_limit != limit)
        {
            _available = _limit == 0 ? limit : Math.Min(_available, limit);
            _limit = limit;
            _at = now;
            return;
        }

        _available = Math.Min(limit, _available + ((double)(now - _at) / ticksPerSecond / 60 * limit));
        _at = now;
    }

    /// <summary>Whether this much can be taken. A single amount above the whole limit waits for a full bucket.</summary>
    public readonly bool CanTake(double amount) => _available >= Math.Min(amount, _limit);

    /// <summary>Takes, or with a negative amount gives back. The bucket may fall below zero when a settlement exceeds its estimate.</summary>
    public void Take(double amount) => _available = Math.Min(_limit, _available - amount);

    /// <summary>What is left, never below zero.</summary>
    public readonly int Remaining => (int)Math.Max(0, _available);

    /// <summary>How long until this much can be taken.</summary>
    public readonly TimeSpan Until(double amount) =>
        TimeSpan.FromSeconds(Math.Max(0, (Math.Min(amount, _limit) - _available) / _limit * 60));

    /// <summary>How long until the bucket is full.</summary>
    public readonly TimeSpan UntilFull => Until(_limit);
}
