using Resultity.Contracts.Values;

namespace Resultity.Serving.Scheduling;

/// <summary>Forecasts waits from how fast a queue has been moving: the gaps between placements while somebody waited.</summary>
/// <remarks>
/// A request with <c>n - 1</c> others ahead waits for <c>n</c> gaps. Their sum has <c>n</c> times the mean, and its spread grows with the root of
/// <c>n</c> where gaps are independent; nine of ten sums stay below the mean plus 1.2816 deviations (normal approximation).
/// </remarks>
internal sealed class QueueForecast
{
    private const int Remembered = 64;
    private const int Fewest = 4;
    private const double P90Deviations = 1.2816;

    private readonly long[] _gaps = new long[Remembered];
    private int _count;
    private int _next;
    private long _last;

    /// <summary>A waiting request was placed.</summary>
    /// <param name="now">When, in the scheduler's ticks.</param>
    /// <param name="othersWait">Whether the queue moves on; otherwise the time until the next placement says nothing about its speed.</param>
    public void Placed(long now, bool othersWait)
    {
        if (_last != 0)
        {
            _gaps[_next] = now - _last;
            _next = (_next + 1) % Remembered;
            _count = Math.Min(_count + 1, Remembered);
        }

        _last = othersWait ? now : 0;
    }

    /// <summary>How long a request with so many ahead will wait; <see langword="null"/> until enough was seen.</summary>
    public WaitForecast? Of(int ahead, long ticksPerSecond)
    {
        if (_count < Fewest)
        {
            return null;
        }

        var gaps = _gaps.AsSpan(0, _count);
        double sum = 0;
        foreach (var gap in gaps)
        {
            sum += gap;
        }

        var mean = sum / _count;
        double squares = 0;
        foreach (var gap in gaps)
        {
            squares += (gap - mean) * (gap - mean);
        }

        var n = ahead + 1;
        var p50 = n * mean;
        var p90 = p50 + (P90Deviations * Math.Sqrt(n * squares / _count));
        return new WaitForecast(TimeSpan.FromSeconds(p50 / ticksPerSecond), TimeSpan.FromSeconds(p90 / ticksPerSecond));
    }
}
