using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>Runs the lines of one batch that have no result, as many at a time as there are places, and no model's lines behind another's.</summary>
internal sealed class BatchDispatch
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>How many lines for embeddings run as one at most, and how many bytes they have together.</summary>
    private const int MostTogether = 64;

    private const int MostBytesTogether = 256 * 1024;

    /// <summary>Lines are put together only while there are more of them than would keep so many slots busy.</summary>
    private const int SlotsToFill = 8;

    private readonly BatchRun _run;
    private readonly LineSource _source;
    private readonly LineRunner _runner;
    private readonly BatchRecorder _recorder;
    private readonly BatchPace _pace;
    private readonly PeerModels _peers;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly LineGroup[] _groups;
    private readonly Dictionary<int, int> _tries = [];
    private readonly HashSet<int> _alone = [];
    private int _left;
    private int _running;
    private int _next;

    public BatchDispatch(
        BatchRun run, BatchIndex index, IReadOnlySet<int> recorded, LineSource source, LineRunner runner, BatchRecorder recorder, BatchPace pace, PeerModels peers, TimeProvider time)
    {
        _run = run;
        _source = source;
        _runner = runner;
        _recorder = recorder;
        _pace = pace;
        _peers = peers;
        _time = time;
        _groups = [.. index.Groups.Select(static group => new LineGroup(group.Path, group.Model))];
        foreach (var line in index.Lines)
        {
            if (!recorded.Contains(line.Number))
            {
                _groups[line.Group].Waiting.Enqueue(line);
                _left++;
            }
        }
    }

    /// <summary>Runs lines until each has a result, or the run is stopped or its window ends; then no line runs any more.</summary>
    /// <exception cref="IOException">The input cannot be read any more.</exception>
    public async ValueTask RunAsync()
    {
        using var ticks = _time.CreateTimer(static run => ((BatchRun)run!).Wake(), _run, Tick, Tick);
        try
        {
            while (await TryGoOnAsync().ConfigureAwait(false))
            {
                await _run.SleepAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            while (Volatile.Read(ref _running) > 0)
            {
                await _run.SleepAsync().ConfigureAwait(false);
            }

            if (_run.Caller is { } caller)
            {
                _pace.Leave(caller, _groups.Select(static group => group.Model));
            }
        }
    }

    /// <summary>Gives every line that is left a result which says that it was not run.</summary>
    /// <param name="isCancelled">Whether the batch was cancelled; otherwise its window has ended.</param>
    public async ValueTask GiveUpRestAsync(bool isCancelled)
    {
        foreach (var (line, path) in _groups.SelectMany(static group => group.Waiting.Select(line => (line, group.Path))).OrderBy(static rest => rest.line.Offset))
        {
            while (_recorder.IsBehind && _run.StopReason is JobStop.None or JobStop.Cancelled)
            {
                await _run.SleepAsync().ConfigureAwait(false);
            }

            if (_run.StopReason is JobStop.Lost or JobStop.Shutdown)
            {
                return;
            }

            var bytes = await _source.ReadAsync(line, CancellationToken.None).ConfigureAwait(false);
            _recorder.Add(LineRunner.NotRun(_run.Batch, line.Number, bytes, path, isCancelled));
        }
    }

    /// <returns><see langword="false"/> if no more lines are to begin.</returns>
    private async ValueTask<bool> TryGoOnAsync()
    {
        while (_run.StopReason == JobStop.None && _time.GetUtcNow() < _run.Batch.ExpiresAt)
        {
            lock (_gate)
            {
                if (_left == 0 && _running == 0)
                {
                    return false;
                }
            }

            if (_recorder.IsBehind || Take() is not { } taken)
            {
                return true;
            }

            try
            {
                var lines = new List<(int Number, ReadOnlyMemory<byte> Bytes)>(taken.Lines.Count);
                foreach (var line in taken.Lines)
                {
                    lines.Add((line.Number, await _source.ReadAsync(line, CancellationToken.None).ConfigureAwait(false)));
                }

                _ = lines.Count == 1 ? RunLineAsync(taken, lines[0].Bytes) : RunTogetherAsync(taken, lines);
            }
            catch (IOException)
            {
                End(taken, []);
                throw;
            }
        }

        return false;
    }

    private Taken? Take()
    {
        var now = _time.GetUtcNow();
        var caller = _run.Caller;
        lock (_gate)
        {
            for (var i = 0; i < _groups.Length && _left > 0; i++)
            {
                var group = _groups[_next];
                _next = (_next + 1) % _groups.Length;
                if (group.NotBefore <= now && group.Waiting.TryPeek(out var line) && !IsElsewhere(group)
                    && (caller is null ? _running < 1 : _pace.TryEnter(caller, group.Model, line.Length, _run.Wake)))
                {
                    var lines = TakeFrom(group, mayJoin: caller is not null);
                    _left -= lines.Count;
                    _running++;
                    return new Taken(group, lines, caller, _tries.GetValueOrDefault(line.Number));
                }
            }

            if (_running == 0 && _left > 0 && _groups.All(group => group.Waiting.Count == 0 || IsElsewhere(group)))
            {
                _run.HandOver();
            }
        }

        return null;
    }

    private bool IsElsewhere(LineGroup group) => _peers.BelongsToOthers(_run.Batch.Namespace, group.Model);

    private List<LinePlace> TakeFrom(LineGroup group, bool mayJoin)
    {
        var first = group.Waiting.Dequeue();
        List<LinePlace> lines = [first];
        var most = !mayJoin || !group.IsEmbeddings || _alone.Contains(first.Number) ? 1 : Math.Min(MostTogether, group.Waiting.Count / SlotsToFill);
        for (var bytes = first.Length; lines.Count < most && !_alone.Contains(group.Waiting.Peek().Number) && (bytes += group.Waiting.Peek().Length) <= MostBytesTogether;)
        {
            lines.Add(group.Waiting.Dequeue());
        }

        return lines;
    }

    private async Task RunLineAsync(Taken taken, ReadOnlyMemory<byte> bytes)
    {
        var outcome = await _runner.RunAsync(_run, taken.Caller, taken.Lines[0].Number, bytes, taken.Group.Path, taken.Tries).ConfigureAwait(false);
        End(taken, outcome.Result is null ? [] : [outcome.Result], outcome.RetryAfter, outcome.CountsAsTry);
    }

    private async Task RunTogetherAsync(Taken taken, List<(int Number, ReadOnlyMemory<byte> Bytes)> bytes)
    {
        var (results, pause) = await _runner.RunTogetherAsync(_run, taken.Caller!, bytes, taken.Group.Path).ConfigureAwait(false);
        if (results is null && pause is null)
        {
            lock (_gate)
            {
                _alone.UnionWith(taken.Lines.Select(static line => line.Number));
            }
        }

        End(taken, results ?? [], pause);
    }

    /// <summary>The lines have run: each has its result, or all wait to be run again.</summary>
    private void End(Taken taken, List<LineResult> results, TimeSpan? pause = null, bool countsAsTry = false)
    {
        var (group, lines) = (taken.Group, taken.Lines);
        if (taken.Caller is not null)
        {
            _pace.Exit(taken.Caller, group.Model, lines[0].Length);
        }

        foreach (var result in results)
        {
            _recorder.Add(result);
        }

        lock (_gate)
        {
            _running--;
            if (results.Count == 0)
            {
                lines.ForEach(group.Waiting.Enqueue);
                _left += lines.Count;
                if (countsAsTry)
                {
                    _tries[lines[0].Number] = _tries.GetValueOrDefault(lines[0].Number) + 1;
                }

                if (_time.GetUtcNow() + pause is { } at && at > group.NotBefore)
                {
                    // The model's nodes, or the key's rate, have nothing to give for so long, for these lines as for the others.
                    group.NotBefore = at;
                }
            }
        }

        _run.Wake();
    }

    /// <summary>Lines that run together, and whose place they hold; nobody's if the key is not valid any more.</summary>
    private sealed record Taken(LineGroup Group, List<LinePlace> Lines, Caller? Caller, int Tries);

    /// <summary>Lines that need the same model on the same path.</summary>
    private sealed class LineGroup(string path, string model)
    {
        public string Path => path;

        public string Model => model;

        public bool IsEmbeddings { get; } = path == InferenceEndpoint.Embeddings.Path;

        public Queue<LinePlace> Waiting { get; } = [];

        public DateTimeOffset NotBefore { get; set; }
    }
}
