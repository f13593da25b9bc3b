using Resultity.Serving.Admission;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

/// <summary>What is to become a job.</summary>
public sealed record JobSubmission
{
    /// <summary>The identifier that clients see; see <see cref="Job.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the <see cref="IJobKind"/> that runs it.</summary>
    public string Kind { get; init; } = RequestJobKind.KindName;

    /// <summary>Who asks.</summary>
    public required Caller Caller { get; init; }

    /// <summary>The path that it was submitted to.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The content type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The validated body, unchanged until the submission has returned.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Whether the answer is a stream of events.</summary>
    public bool Stream { get; init; }

    /// <summary>When it is given up; <see langword="null"/> leaves it to the options.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How long the answer is kept; zero means until it was read once, <see langword="null"/> leaves it to the options.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>A receiver that is told of its end.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>The client's own pairs as a JSON object.</summary>
    public string? Metadata { get; init; }
}

/// <summary>The door to durable requests: submit, look, wait, cancel, fetch, delete. Safe for concurrent use.</summary>
public sealed class JobQueue(IJobStore store, JobRunner runner, JobChanges changes, LiveJobs live, JobOptions options, TimeProvider time)
{
    private readonly QueueLimit _limit = new(store, options, time);

    /// <summary>Accepts a job. When this returns the job survives a power loss.</summary>
    /// <exception cref="StorageException">The storage cannot take it, or too many jobs of the namespace wait already; the fault says which.</exception>
    public async ValueTask<Job> SubmitAsync(JobSubmission submission, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var now = time.GetUtcNow();
        var retention = submission.Retention ?? options.DefaultRetention;
        var job = new Job
        {
            Id = submission.Id,
            Kind = submission.Kind,
            Namespace = submission.Caller.Namespace,
            KeyId = submission.Caller.KeyId,
            Endpoint = submission.Endpoint,
            Model = submission.Model,
            ContentType = submission.ContentType,
            Stream = submission.Stream,
            CreatedAt = now,
            Deadline = submission.Deadline ?? now + options.DefaultDeadline,

            // An answer that is to be read once must not wait for its reader for ever.
            Retention = retention == TimeSpan.Zero ? options.DefaultRetention : retention > options.MaxRetention ? options.MaxRetention : retention,
            ReadOnce = retention == TimeSpan.Zero,
            Metadata = submission.Metadata,
            WebhookUrl = submission.WebhookUrl,
        };
        await _limit.EnterAsync(job.Namespace, cancellation).ConfigureAwait(false);
        await store.AddAsync(job, submission.Body, cancellation).ConfigureAwait(false);
        runner.Wake(job.Model);
        changes.RaiseSubmitted(job.Model);
        return job;
    }

    /// <summary>Reads a job of a namespace.</summary>
    public ValueTask<Job?> GetAsync(string @namespace, string id, CancellationToken cancellation) => store.GetAsync(@namespace, id, cancellation);

    /// <summary>Lists jobs.</summary>
    public ValueTask<Page<Job>> ListAsync(JobFilter filter, CancellationToken cancellation) => store.ListAsync(filter, cancellation);

    /// <summary>Begins to watch a job's status.</summary>
    public JobWatch Watch(string id) => changes.Watch(id);

    /// <summary>Waits until a job is finished, but no longer than a time.</summary>
    /// <returns>The job as it is then, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Job?> WaitAsync(string @namespace, string id, TimeSpan atMost, CancellationToken cancellation)
    {
        using var watch = changes.Watch(id);
        var began = time.GetTimestamp();
        while (true)
        {
            watch.Reset();
            var job = await store.GetAsync(@namespace, id, cancellation).ConfigureAwait(false);
            var left = atMost - time.GetElapsedTime(began);
            if (job is null || job.Status.IsFinal() || left <= TimeSpan.Zero)
            {
                return job;
            }

            try
            {
                await watch.Changed.WaitAsync(left, time, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return await store.GetAsync(@namespace, id, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Cancels a job; a finished one stays as it is.</summary>
    /// <returns>The job as it is now, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Job?> CancelAsync(string @namespace, string id, CancellationToken cancellation)
    {
        var job = await store.CancelAsync(@namespace, id, time.GetUtcNow(), cancellation).ConfigureAwait(false);
        if (job is not null && job.Status is JobStatus.Cancelling or JobStatus.Aborted or JobStatus.Cancelled && live.TryFind(id, out var run))
        {
            run.Stop(job.Status == JobStatus.Cancelling ? JobStop.Cancelled : JobStop.Lost);
        }

        changes.Raise(id);
        return job;
    }

    /// <summary>Deletes a job and stops it if it runs.</summary>
    public async ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation)
    {
        var job = await store.DeleteAsync(@namespace, id, cancellation).ConfigureAwait(false);
        if (job is null)
        {
            return false;
        }

        if (live.TryFind(id, out var run))
        {
            run.Stop(JobStop.Lost);
        }

        changes.Raise(id);
        return true;
    }

    /// <summary>Reads the answer of a finished job. Of those that are to be read once, <see cref="ReadAsync"/> is told afterwards.</summary>
    public ValueTask<JobAnswer?> ReadAnswerAsync(Job job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        return store.ReadAnswerAsync(job.Namespace, job.Id, cancellation);
    }

    /// <summary>Says that a client has got the whole answer: one that is kept to be read once is deleted.</summary>
    public async ValueTask ReadAsync(Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.ReadOnce)
        {
            await DeleteAsync(job.Namespace, job.Id, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
