namespace Resultity.Serving.Scheduling;

/// <summary>Weighted fair queueing between namespaces, first in first out within one.</summary>
/// <remarks>
/// Start-time fair queueing (Goyal, Vin and Cheng, 1996) with every request of cost 1: a request's tag is the later of the queue's virtual
/// time and its namespace's last tag, plus 1/weight; the smallest tag goes first. A namespace that floods waits behind its own requests only.
/// </remarks>
internal sealed class FairQueue
{
    private const int LookAhead = 16;
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private double _virtualTime;

    public int Count { get; private set; }

    public int CountOf(string owner) => _lines.TryGetValue(owner, out var line) ? line.Waiters.Count : 0;

    public void Enqueue(Waiter waiter)
    {
        var query = waiter.Query;
        if (!_lines.TryGetValue(query.Namespace, out var line))
        {
            _lines[query.Namespace] = line = new Line();
        }

        line.LastTag = waiter.Tag = Math.Max(_virtualTime, line.LastTag) + (1 / query.Weight);
        waiter.Place = line.Waiters.AddLast(waiter);
        waiter.Queue = this;
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Place is null)
        {
            return;
        }

        var line = _lines[waiter.Query.Namespace];
        line.Waiters.Remove(waiter.Place);
        waiter.Place = null;
        waiter.Queue = null;
        Count--;
        if (line.Waiters.Count == 0 && line.LastTag <= _virtualTime)
        {
            _lines.Remove(waiter.Query.Namespace);
        }

        if (Count == 0)
        {
            _lines.Clear();
            _virtualTime = 0;
        }
    }

    /// <summary>Takes the first waiter that fits, in fair order. A few behind a head that does not fit may pass it.</summary>
    public Waiter? Dequeue<TState>(TState state, Func<TState, Waiter, bool> fits)
    {
        Waiter? best = null;
        foreach (var line in _lines.Values)
        {
            var asked = 0;
            for (var place = line.Waiters.First; place is not null && asked < LookAhead; place = place.Next, asked++)
            {
                if (best is not null && place.Value.Tag >= best.Tag)
                {
                    break;
                }

                if (fits(state, place.Value))
                {
                    best = place.Value;
                    break;
                }
            }
        }

        if (best is not null)
        {
            _virtualTime = Math.Max(_virtualTime, best.Tag - (1 / best.Query.Weight));
            Remove(best);
        }

        return best;
    }

    public int CountBefore(Waiter waiter)
    {
        var before = 0;
        foreach (var line in _lines.Values)
        {
            foreach (var other in line.Waiters)
            {
                if (other.Tag >= waiter.Tag)
                {
                    break;
                }

                before++;
            }
        }

        return before;
    }

    /// <summary>Everybody who waits, in no particular order.</summary>
    public List<Waiter> ToList() => [.. _lines.Values.SelectMany(line => line.Waiters)];

    private sealed class Line
    {
        public LinkedList<Waiter> Waiters { get; } = new();

        public double LastTag { get; set; }
    }
}
