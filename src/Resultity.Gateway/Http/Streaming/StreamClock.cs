using Microsoft.Extensions.Hosting;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>Something that looks at the clock now and then.</summary>
internal interface ITicking
{
    /// <summary>Its place in the clock's list; the clock's own.</summary>
    int ClockIndex { get; set; }

    /// <summary>Called every <see cref="StreamClock.Period"/>, by one thread at a time. Must not block or throw.</summary>
    void Tick(long now);
}

/// <summary>One timer for all open streams: keep-alives, acceptance, and the end of graces. A timer per stream would cost more than the streams.</summary>
internal sealed class StreamClock(TimeProvider time) : BackgroundService
{
    /// <summary>How often streams are looked at.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private ITicking?[] _items = new ITicking?[64];
    private ITicking?[] _round = [];
    private int _count;

    /// <summary>The clock's source of time.</summary>
    public TimeProvider Time => time;

    /// <summary>How many streams are looked at.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Begins to call an item.</summary>
    public void Add(ITicking item)
    {
        lock (_gate)
        {
            if (_count == _items.Length)
            {
                Array.Resize(ref _items, _count * 2);
            }

            item.ClockIndex = _count;
            _items[_count++] = item;
        }
    }

    /// <summary>Ends the calls; one may still be under way.</summary>
    public void Remove(ITicking item)
    {
        lock (_gate)
        {
            var index = item.ClockIndex;
            if (index < 0)
            {
                return;
            }

            var last = _items[--_count]!;
            _items[index] = last;
            last.ClockIndex = index;
            _items[_count] = null;
            item.ClockIndex = -1;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Round();
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    private void Round()
    {
        int count;
        lock (_gate)
        {
            count = _count;
            if (_round.Length < count)
            {
                _round = new ITicking?[_items.Length];
            }

            Array.Copy(_items, _round, count);
        }

        var now = time.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            _round[i]!.Tick(now);
            _round[i] = null;
        }
    }
}
