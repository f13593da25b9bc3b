using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Serving.Jobs;

/// <summary>The jobs that run in this process now. Safe for concurrent use.</summary>
public sealed class LiveJobs
{
    private readonly ConcurrentDictionary<string, JobRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>How many there are.</summary>
    public int Count => _runs.Count;

    /// <summary>All runs, as of now.</summary>
    internal IEnumerable<JobRun> All => _runs.Values;

    /// <summary>Finds the run of a job as it was read from the store: the same claim of it.</summary>
    public bool TryFind(Job job, [NotNullWhen(true)] out JobRun? run)
    {
        ArgumentNullException.ThrowIfNull(job);
        return _runs.TryGetValue(job.Id, out run) && run.Job.Attempt == job.Attempt;
    }

    internal bool TryFind(string id, [NotNullWhen(true)] out JobRun? run) => _runs.TryGetValue(id, out run);

    /// <summary>How many runs of a model no node has had yet.</summary>
    internal int WaitingFor(string model)
    {
        lock (_gate)
        {
            return _waiting.GetValueOrDefault(model);
        }
    }

    /// <summary>How many runs no node has had yet, by model.</summary>
    internal IReadOnlyDictionary<string, int> Waiting()
    {
        lock (_gate)
        {
            return new Dictionary<string, int>(_waiting, StringComparer.Ordinal);
        }
    }

    internal void Add(JobRun run)
    {
        lock (_gate)
        {
            _waiting[run.Job.Model] = _waiting.GetValueOrDefault(run.Job.Model) + 1;
        }

        _runs[run.Job.Id] = run;
    }

    /// <summary>Says that a node has a run, or that it has ended.</summary>
    internal void WaitsNoMore(JobRun run)
    {
        if (!run.StopWaiting())
        {
            return;
        }

        lock (_gate)
        {
            var left = _waiting.GetValueOrDefault(run.Job.Model) - 1;
            if (left > 0)
            {
                _waiting[run.Job.Model] = left;
            }
            else
            {
                _waiting.Remove(run.Job.Model);
            }
        }
    }

    internal void Remove(JobRun run)
    {
        WaitsNoMore(run);
        _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));
    }
}
