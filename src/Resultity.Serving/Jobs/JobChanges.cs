namespace Resultity.Serving.Jobs;

/// <summary>Tells those who wait for a job that its status has changed, so that nobody asks the database again and again.</summary>
/// <remarks>Safe for concurrent use. What it tells is a hint to read again: a watch begun before a read misses nothing after it.</remarks>
public sealed class JobChanges
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<JobWatch>> _watches = new(StringComparer.Ordinal);

    /// <summary>A job's status has changed here. For those who tell other gateways.</summary>
    internal event Action<string>? Raised;

    /// <summary>There is a new job for a model. For those who tell other gateways.</summary>
    internal event Action<string>? Submitted;

    /// <summary>Begins to watch a job. The caller disposes of the watch.</summary>
    public JobWatch Watch(string id)
    {
        var watch = new JobWatch(this, id);
        lock (_gate)
        {
            if (!_watches.TryGetValue(id, out var list))
            {
                _watches[id] = list = [];
            }

            list.Add(watch);
        }

        return watch;
    }

    /// <summary>Says that a job's status has changed, or that the job is gone.</summary>
    public void Raise(string id)
    {
        RaiseHere(id);
        Raised?.Invoke(id);
    }

    /// <summary>Says that a job was accepted.</summary>
    internal void RaiseSubmitted(string model) => Submitted?.Invoke(model);

    /// <summary>Tells those who wait here, and no other gateway.</summary>
    internal void RaiseHere(string id)
    {
        lock (_gate)
        {
            if (_watches.TryGetValue(id, out var list))
            {
                list.ForEach(static watch => watch.Signal());
            }
        }
    }

    /// <summary>Tells all who wait here to read again: something may have been missed.</summary>
    internal void RaiseAll()
    {
        lock (_gate)
        {
            foreach (var list in _watches.Values)
            {
                list.ForEach(static watch => watch.Signal());
            }
        }
    }

    internal void Remove(JobWatch watch)
    {
        lock (_gate)
        {
            if (_watches.TryGetValue(watch.Id, out var list) && list.Remove(watch) && list.Count == 0)
            {
                _watches.Remove(watch.Id);
            }
        }
    }
}

/// <summary>A watch on one job, for one waiter.</summary>
public sealed class JobWatch : IDisposable
{
    private readonly JobChanges _changes;
    private TaskCompletionSource _changed = NewSignal();

    internal JobWatch(JobChanges changes, string id)
    {
        _changes = changes;
        Id = id;
    }

    /// <summary>The job's identifier.</summary>
    public string Id { get; }

    /// <summary>Ends with the first change since the last <see cref="Reset"/>.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Forgets the changes so far. Called before the job is read again.</summary>
    public void Reset()
    {
        if (Changed.IsCompleted)
        {
            Volatile.Write(ref _changed, NewSignal());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changes.Remove(this);

    internal void Signal() => Volatile.Read(ref _changed).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
