using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Scheduling;

/// <summary>A request in a queue. Settled once: placed, refused or given up.</summary>
internal sealed class Waiter(PlacementQuery query, ModelPool pool, DateTimeOffset since, Lock gate, long ticksPerSecond = TimeSpan.TicksPerSecond) : QueueTicket
{
    private readonly TaskCompletionSource<Outcome<Instance>> _placed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PlacementQuery Query { get; } = query;

    public ModelPool Pool { get; } = pool;

    /// <summary>Its finish tag in fair queueing's virtual time.</summary>
    public double Tag { get; set; }

    /// <summary>Its place in its namespace's line while it waits.</summary>
    public LinkedListNode<Waiter>? Place { get; set; }

    public FairQueue? Queue { get; set; }

    /// <summary>Ends when the request is placed or refused.</summary>
    public Task<Outcome<Instance>> Settled => _placed.Task;

    public override DateTimeOffset Since { get; } = since;

    public override int Ahead
    {
        get
        {
            lock (gate)
            {
                return CountAhead();
            }
        }
    }

    public override QueueFacts Read()
    {
        lock (gate)
        {
            var ahead = CountAhead();
            return new QueueFacts { Position = ahead + 1, Ahead = ahead, Eta = Pool.Forecast.Of(ahead, ticksPerSecond) };
        }
    }

    public override ModelLoading? Loading
    {
        get
        {
            lock (gate)
            {
                return Pool.LoadingIn(Query.Subcloud);
            }
        }
    }

    /// <summary>Under the scheduler's gate. The continuation runs elsewhere.</summary>
    public void Settle(Outcome<Instance> outcome) => _placed.TrySetResult(outcome);

    private int CountAhead() => Queue is null ? 0 : Queue.CountBefore(this) + (Queue == Pool.Background ? Pool.Interactive.Count : 0);
}
