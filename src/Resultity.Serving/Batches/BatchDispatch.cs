using Resultity.Serving.Jobs;

namespace Resultity.Serving.Batches;

/// <summary>Runs the lines of one batch that have no result, as many at a time as there are places, and no model's lines behind another's.</summary>
internal sealed class BatchDispatch
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly BatchRun _run;
    private readonly LineSource _source;
    private readonly LineRunner _runner;
    private readonly BatchRecorder _recorder;
    private readonly BatchPace _pace;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly LineGroup[] _groups;
    private readonly Dictionary<int, int> _tries = [];
    private int _left;
    private int _running;
    private int _next;

    public BatchDispatch(
        BatchRun run, BatchIndex index, IReadOnlySet<int> recorded, LineSource source, LineRunner runner, BatchRecorder recorder, BatchPace pace, TimeProvider time)
    {
        _run = run;
        _source = source;
        _runner = runner;
        _recorder = recorder;
        _pace = pace;
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

            if (_run.Caller is not null)
            {
                _pace.Leave(_run.Caller, _groups.Select(static group => group.Model));
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
                var bytes = await _source.ReadAsync(taken.Line, CancellationToken.None).ConfigureAwait(false);
                _ = RunLineAsync(taken.Group, taken.Line, bytes, taken.Tries);
            }
            catch (IOException)
            {
                End(taken.Group, taken.Line, default);
                throw;
            }
        }

        return false;
    }

    private (LineGroup Group, LinePlace Line, int Tries)? Take()
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            for (var i = 0; i < _groups.Length && _left > 0; i++)
            {
                var group = _groups[_next];
                _next = (_next + 1) % _groups.Length;
                if (group.NotBefore <= now && group.Waiting.TryPeek(out var line)
                    && (_run.Caller is null ? _running < 1 : _pace.TryEnter(_run.Caller, group.Model, line.Length, _run.Wake)))
                {
                    group.Waiting.Dequeue();
                    _left--;
                    _running++;
                    return (group, line, _tries.GetValueOrDefault(line.Number));
                }
            }
        }

        return null;
    }

    private async Task RunLineAsync(LineGroup group, LinePlace line, byte[] bytes, int tries) =>
        End(group, line, await _runner.RunAsync(_run, line.Number, bytes, group.Path, tries).ConfigureAwait(false));

    private void End(LineGroup group, LinePlace line, LineOutcome outcome)
    {
        if (_run.Caller is not null)
        {
            _pace.Exit(_run.Caller, group.Model, line.Length);
        }

        if (outcome.Result is not null)
        {
            _recorder.Add(outcome.Result);
        }

        lock (_gate)
        {
            _running--;
            if (outcome.Result is null)
            {
                group.Waiting.Enqueue(line);
                _left++;
                if (outcome.CountsAsTry)
                {
                    _tries[line.Number] = _tries.GetValueOrDefault(line.Number) + 1;
                }

                if (outcome.RetryAfter is { } pause && _time.GetUtcNow() + pause is var at && at > group.NotBefore)
                {
                    // The model's nodes, or the key's rate, have nothing to give for so long, for this line as for the others.
                    group.NotBefore = at;
                }
            }
        }

        _run.Wake();
    }

    /// <summary>Lines that need the same model on the same path.</summary>
    private sealed class LineGroup(string path, string model)
    {
        public string Path => path;

        public string Model => model;

        public Queue<LinePlace> Waiting { get; } = [];

        public DateTimeOffset NotBefore { get; set; }
    }
}
