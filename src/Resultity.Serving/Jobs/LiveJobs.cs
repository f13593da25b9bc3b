using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Serving.Jobs;

/// <summary>The jobs that run in this process now. Safe for concurrent use.</summary>
public sealed class LiveJobs
{
    private readonly ConcurrentDictionary<string, JobRun> _runs = new(StringComparer.Ordinal);

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

    internal void Add(JobRun run) => _runs[run.Job.Id] = run;

    internal void Remove(JobRun run) => _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));
}
