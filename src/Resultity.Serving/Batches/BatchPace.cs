using Resultity.Serving.Admission;
using Resultity.Serving.Catalog;

namespace Resultity.Serving.Batches;

/// <summary>How many lines of all batches run at the same time, model by model: as many as the slots allow that are not kept for interactive requests, shared between namespaces.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class BatchPace(ModelCatalog catalog, BatchPressure pressure, BatchOptions options, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>For a name that is no model of the catalogue, such as one that stands for several.</summary>
    private const int UnknownWindow = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string? Subcloud, string Model), Lane> _lanes = [];
    private readonly HashSet<Action> _waiting = [];
    private long _bytes;

    /// <summary>Takes a place for a line, if there is one.</summary>
    /// <param name="caller">Whose line.</param>
    /// <param name="model">For which model.</param>
    /// <param name="bytes">How much memory it takes.</param>
    /// <param name="wake">Called once when there may be a place; not from within this call.</param>
    public bool TryEnter(Caller caller, string model, int bytes, Action wake)
    {
        ArgumentNullException.ThrowIfNull(caller);
        lock (_gate)
        {
            var lane = LaneOf(caller, model);
            if ((_bytes == 0 || _bytes + bytes <= options.MaxLineMemory) && lane.TryEnter(caller.Namespace, pressure.Share))
            {
                _bytes += bytes;
                return true;
            }

            _waiting.Add(wake);
            return false;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Exit(Caller caller, string model, int bytes)
    {
        ArgumentNullException.ThrowIfNull(caller);
        List<Action> waiting;
        lock (_gate)
        {
            _bytes -= bytes;
            var key = (caller.Subcloud, model);
            if (_lanes.TryGetValue(key, out var lane) && lane.Exit(caller.Namespace))
            {
                _lanes.Remove(key);
            }

            waiting = [.. _waiting];
            _waiting.Clear();
        }

        waiting.ForEach(static wake => wake());
    }

    /// <summary>Says that a namespace's batch does not want places any more. Another batch of it that does asks again.</summary>
    public void Leave(Caller caller, IEnumerable<string> models)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(models);
        lock (_gate)
        {
            foreach (var model in models)
            {
                var key = (caller.Subcloud, model);
                if (_lanes.TryGetValue(key, out var lane) && lane.Leave(caller.Namespace))
                {
                    _lanes.Remove(key);
                }
            }
        }
    }

    private Lane LaneOf(Caller caller, string model)
    {
        if (!_lanes.TryGetValue((caller.Subcloud, model), out var lane))
        {
            _lanes[(caller.Subcloud, model)] = lane = new Lane();
        }

        if (lane.LookedAt is not { } at || time.GetElapsedTime(at) >= LookEvery)
        {
            var found = catalog.Find(caller, model);
            lane.Window = found is null ? UnknownWindow : Math.Max(1, (int)(found.Slots * options.SlotShare));
            lane.LookedAt = time.GetTimestamp();
        }

        return lane;
    }

    /// <summary>The lines of one model. A namespace may have more than its share only while no other wants it.</summary>
    private sealed class Lane
    {
        private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
        private readonly HashSet<string> _wanting = new(StringComparer.Ordinal);
        private int _total;

        public int Window { get; set; }

        public long? LookedAt { get; set; }

        /// <param name="namespace">Who wants a place.</param>
        /// <param name="share">The part of the places that may be used now.</param>
        public bool TryEnter(string @namespace, double share)
        {
            var window = Math.Max(1, (int)(Window * share));
            var own = _running.GetValueOrDefault(@namespace);
            var rivals = _wanting.Count(other => other != @namespace);
            if (_total >= window || (rivals > 0 && own >= Math.Max(1, window / (rivals + 1))))
            {
                _wanting.Add(@namespace);
                return false;
            }

            _wanting.Remove(@namespace);
            _running[@namespace] = own + 1;
            _total++;
            return true;
        }

        /// <returns>Whether nothing is left in this lane.</returns>
        public bool Exit(string @namespace)
        {
            if (--_running[@namespace] == 0)
            {
                _running.Remove(@namespace);
            }

            _total--;
            return _total == 0 && _wanting.Count == 0;
        }

        /// <inheritdoc cref="Exit"/>
        public bool Leave(string @namespace)
        {
            _wanting.Remove(@namespace);
            return _total == 0 && _wanting.Count == 0;
        }
    }
}
