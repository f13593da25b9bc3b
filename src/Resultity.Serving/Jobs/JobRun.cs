using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Metering;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Jobs;

/// <summary>One claim of one job while it runs in this process. Written by the kind that runs it, read by anyone at any time.</summary>
#pragma warning disable CA1001 // Without a timer the source of a token holds nothing to dispose of, and a stop may come after the end.
public sealed class JobRun
#pragma warning restore CA1001
{
    private readonly Action<JobRun> _started;
    private readonly CancellationTokenSource _stop = new();
    private volatile InferenceRequest? _request;
    private IReadOnlyList<JobAttempt> _earlier = [];
    private int _reason;
    private int _waitsNoMore;

    internal JobRun(Job job, ReadOnlyMemory<byte> body, Caller caller, JobOutput output, Action<JobRun> started)
    {
        Job = job;
        Body = body;
        Caller = caller;
        Output = output;
        _started = started;
    }

    /// <summary>The job as it was claimed.</summary>
    public Job Job { get; }

    /// <summary>The stored body.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Who asks, as the key is now.</summary>
    public Caller Caller { get; }

    /// <summary>Where the events of a streamed answer go.</summary>
    public JobOutput Output { get; }

    /// <summary>The place in the queue; <see langword="null"/> when it does not wait there.</summary>
    public QueueTicket? Ticket => _request?.Progress.Ticket;

    /// <summary>How far the load is that it waits for; <see langword="null"/> if it waits for none.</summary>
    public ModelLoading? Loading => _request?.Progress.Loading;

    /// <summary>The tries on nodes so far.</summary>
    public IReadOnlyList<JobAttempt> Attempts =>
        _request is { } request ? [.. _earlier, .. request.Progress.Attempts.Select(static attempt => new JobAttempt(attempt.Node, attempt.StartedAt, attempt.EndedAt, attempt.Outcome))] : [];

    /// <summary>How far it has got, from 0 to 100; <see langword="null"/> where the runtime does not say.</summary>
    public int? Progress { get; set; }

    /// <summary>The line of a batch that this is, by an identifier that stays the same when the line runs again; <see langword="null"/> for a job of its own.</summary>
    public string? LineId { get; init; }

    /// <summary>Whether a stop means that another run goes on with it, because this process ends; of lines of batches.</summary>
    public Func<bool> IsHandedOver { get; init; } = static () => false;

    /// <summary>Whether a node has had it.</summary>
    public bool HasStarted => _request is { Progress.Attempts.Count: > 0 };

    /// <summary>What its attempts have used.</summary>
    internal UsageCollector Usage { get; } = new();

    internal JobStop StopReason => (JobStop)Volatile.Read(ref _reason);

    internal CancellationToken StopToken => _stop.Token;

    /// <summary>The claim's start being recorded; its result says whether the claim still held.</summary>
    internal Task<bool>? Started { get; set; }

    /// <summary>The request of the pipeline that the job has become. Called before it is started there, so that readers see its progress, the start is recorded, and what it uses is recorded with the result. A kind that tries again calls it again.</summary>
    public void Observe(InferenceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _earlier = Attempts;
        request.Progress.AttemptBegun += () => _started(this);
        request.Recorder = Usage;
        _request = request;
    }

    /// <summary>Says that it does not wait for a node any more.</summary>
    /// <returns>Whether that is new.</returns>
    internal bool StopWaiting() => Interlocked.Exchange(ref _waitsNoMore, 1) == 0;

    /// <summary>Stops the run. The first reason counts.</summary>
    internal void Stop(JobStop reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)JobStop.None) == (int)JobStop.None)
        {
            _stop.Cancel();
        }
    }

    /// <summary>What is recorded when the job has failed without an answer.</summary>
    internal JobResult Fail(Fault fault) => new() { Status = JobStatus.Failed, Fault = fault, Attempts = Attempts };
}

/// <summary>Why a run was stopped from outside.</summary>
internal enum JobStop
{
    None,

    /// <summary>A client cancelled the job.</summary>
    Cancelled,

    /// <summary>The claim does not hold any more: the job was deleted, aborted, or claimed by another.</summary>
    Lost,

    /// <summary>The process ends.</summary>
    Shutdown,
}
