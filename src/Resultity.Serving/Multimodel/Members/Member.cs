using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>One of several that run at once, from its start to its end.</summary>
internal sealed class Member : IAsyncDisposable
{
    private readonly MemberCall _call;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _limit;
    private readonly TimeProvider _time;
    private long _startedAt;
    private bool _unneeded;
    private int _disposed;

    /// <param name="plan">What it asks.</param>
    /// <param name="index">Its place among its siblings.</param>
    /// <param name="call">How it is to be begun; the token stops all siblings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="limit">Says when the siblings' time is over; the call's token follows it.</param>
    public Member(Plan plan, int index, MemberCall call, TimeProvider time, CancellationToken limit)
    {
        (Plan, Index, _limit, _time) = (plan, index, limit, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
        _call = call with { Cancellation = _stop.Token, Progress = new RequestProgress(call.Progress) };
    }

    public Plan Plan { get; }

    public int Index { get; }

    /// <summary>The model that serves it, or how what was asked is spelled.</summary>
    public string Model => Answer?.Model ?? Plan.Label;

    /// <summary>The node that answers, or that got it last; <see langword="null"/> if none did.</summary>
    public string? NodeId => Answer?.NodeId is { Length: > 0 } answering ? answering : _call.Progress.Attempts is [.., var last] ? last.Node : null;

    public MemberStatus Status { get; private set; }

    /// <summary>Why it did not complete.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>What it answers; <see langword="null"/> before it has begun to, and if it never did.</summary>
    public InferenceAnswer? Answer { get; private set; }

    /// <summary>Models that were asked in its place before.</summary>
    public IReadOnlyList<FailedModel> Failed { get; private set; } = [];

    public TimeSpan? FirstToken { get; private set; }

    public TimeSpan? Latency { get; private set; }

    /// <summary>Ends, never with an exception, when it has an answer or has failed.</summary>
    public Task Begun { get; private set; } = Task.CompletedTask;

    /// <summary>The token that it runs under; its answer is waited for with this one.</summary>
    public CancellationToken Token => _call.Cancellation;

    /// <summary>What was charged for it.</summary>
    public Usage Usage => Status is MemberStatus.Failed ? default : Answer?.Usage ?? default;

    /// <summary>Begins.</summary>
    public void Start(MultimodelRunner runner)
    {
        _startedAt = _time.GetTimestamp();
        Status = MemberStatus.Running;
        Begun = RunAsync(runner);
    }

    /// <summary>Its answer has come to its end.</summary>
    public void End(Fault? fault)
    {
        if (Status is not MemberStatus.Running)
        {
            return;
        }

        Latency = _time.GetElapsedTime(_startedAt);
        Fault = fault;
        Status = fault switch
        {
            null => MemberStatus.Completed,
            { Kind: FaultKind.Cancelled } when _limit.IsCancellationRequested && !_unneeded => MemberStatus.TimedOut,
            { Kind: FaultKind.Cancelled } => MemberStatus.Cancelled,
            _ => MemberStatus.Failed,
        };
        if (Status == MemberStatus.TimedOut)
        {
            Fault = MemberFaults.TimedOut;
        }
    }

    /// <summary>It is not needed any more. Returns at once; what it holds is given back soon after.</summary>
    public void Stop()
    {
        _unneeded = true;
        _stop.Cancel();
    }

    /// <summary>Stops it and gives back what it holds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (Status is MemberStatus.Running)
        {
            Stop();
        }

        await Begun.ConfigureAwait(false);
        if (Answer is not null)
        {
            await Answer.DisposeAsync().ConfigureAwait(false);
            End(Answer.Fault ?? Fault.Cancelled);
        }

        _stop.Dispose();
    }

    private async Task RunAsync(MultimodelRunner runner)
    {
        var (outcome, failed) = await runner.BeginAsync(Plan, _call).ConfigureAwait(false);
        Failed = failed;
        if (!outcome.TryGet(out var answer, out var fault))
        {
            End(fault);
            return;
        }

        Answer = answer;
        if (answer.IsEventStream || answer.IsBinary)
        {
            FirstToken = _time.GetElapsedTime(_startedAt);
        }
        else
        {
            End(null);
        }
    }
}
