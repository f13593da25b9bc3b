using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Deciding;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Multimodel;

/// <summary>Several members that run at once. Whoever holds the call's answer disposes of the call with it, and so of every member.</summary>
internal sealed class ParallelCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _stop;
    private int _disposed;

    private ParallelCall(MultimodelRunner runner, ParallelPlan plan, MemberCall call)
    {
        (Runner, Plan, Request) = (runner, plan, call.Request);
        var time = runner.Pipeline.Time;
        _limit = Spec.Timeout is { } timeout ? new CancellationTokenSource(timeout, time) : new CancellationTokenSource();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, _limit.Token);
        Caller = call.Cancellation;

        // Only what streams to the end is begun as a stream: votes and judges see whole answers.
        Stream = call.Stream && Spec.Mode is not (MultimodelMode.Vote or MultimodelMode.Judge);
        WantsStream = call.Stream;
        var member = call with { Stream = Stream, Siblings = new SiblingNodes(), Cancellation = _stop.Token };
        Members = [.. plan.Members.Select((inner, index) => new Member(inner, index, member, time, _limit.Token))];
    }

    public MultimodelRunner Runner { get; }

    public ParallelPlan Plan { get; }

    public MultimodelSpec Spec => Plan.Spec;

    public InferenceRequest Request { get; }

    public IReadOnlyList<Member> Members { get; }

    /// <summary>The caller's own token.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Whether the members' answers come as events.</summary>
    public bool Stream { get; }

    /// <summary>Whether the caller wants events.</summary>
    public bool WantsStream { get; }

    /// <summary>How the answer was decided, once it is.</summary>
    public Decision? Decision { get; set; }

    /// <summary>What was charged so far for all, the decision included.</summary>
    public Usage Usage => Members.Aggregate(Decision?.Usage ?? default, static (sum, member) => sum + member.Usage);

    public IEnumerable<Member> Succeeded => Members.Where(static member => member.Status is MemberStatus.Completed);

    /// <summary>Begins the members, and makes an answer of what they answer.</summary>
    public static async ValueTask<Outcome<InferenceAnswer>> StartAsync(MultimodelRunner runner, ParallelPlan plan, MemberCall call)
    {
        var parallel = new ParallelCall(runner, plan, call);
        InferenceAnswer? answer = null;
        try
        {
            var outcome = await (parallel.Spec.Mode switch
            {
                MultimodelMode.First or MultimodelMode.Hedge => parallel.RaceAsync(),
                MultimodelMode.Vote => parallel.DecideAsync(Voting.DecideAsync),
                MultimodelMode.Judge => parallel.DecideAsync(Judging.DecideAsync),
                _ => parallel.Stream ? parallel.InterleaveAsync() : parallel.GatherAsync(),
            }).ConfigureAwait(false);
            return outcome.TryGet(out answer, out var fault) ? answer : parallel.Caller.IsCancellationRequested && fault.Kind != FaultKind.DeadlineExceeded ? Fault.Cancelled : fault;
        }
        finally
        {
            // An answer that holds the members disposes of them itself.
            if (answer is not (InterleavedAnswer or DecidedStream))
            {
                await parallel.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops all members; their answers end.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Why there is no answer, or not enough of them.</summary>
    public Fault Failure()
    {
        var failed = Members.SelectMany(static member => member.Fault is { } fault ? [.. member.Failed, new FailedModel(member.Model, fault)] : Array.Empty<FailedModel>()).ToList();
        return failed.Count == 0 ? Fault.Cancelled : MemberFaults.Of(failed, Succeeded.Count(), Spec.MinSuccess);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // All are told at once before any is waited for.
        foreach (var member in Members.Where(static member => member.Status is MemberStatus.Running))
        {
            member.Stop();
        }

        foreach (var member in Members)
        {
            await member.DisposeAsync().ConfigureAwait(false);
            Runner.Pipeline.Telemetry.EndMember(Spec.Mode.Name(), member);
        }

        _stop.Dispose();
        _limit.Dispose();
    }

    private void StartAll()
    {
        foreach (var member in Members)
        {
            member.Start(Runner);
        }
    }

    /// <summary>All answers, whole; false if there are too few.</summary>
    private async ValueTask<bool> CollectAsync()
    {
        StartAll();
        await Task.WhenAll(Members.Select(static member => member.Begun)).ConfigureAwait(false);
        foreach (var member in Members.Where(static member => member.Answer is { IsBinary: true }))
        {
            member.End(MemberFaults.NotJson);
        }

        return Succeeded.Count() >= Spec.MinSuccess;
    }

    private async Task<Outcome<InferenceAnswer>> GatherAsync() =>
        await CollectAsync().ConfigureAwait(false) ? WholeAnswer.OfAll(this) : Failure();

    private async Task<Outcome<InferenceAnswer>> DecideAsync(Func<ParallelCall, ValueTask<Outcome<InferenceAnswer>>> decide) =>
        await CollectAsync().ConfigureAwait(false) ? await decide(this).ConfigureAwait(false) : Failure();

    /// <summary>The events of all, as soon as the first has one; the others' follow when they come.</summary>
    private async Task<Outcome<InferenceAnswer>> InterleaveAsync()
    {
        StartAll();
        var waiting = Members.ToList();
        while (!waiting.Exists(static member => member.Answer is not null))
        {
            if (waiting.Count < Spec.MinSuccess || waiting.Count == 0)
            {
                return Failure();
            }

            await Task.WhenAny(waiting.Select(static member => member.Begun)).ConfigureAwait(false);
            waiting.RemoveAll(static member => member.Begun.IsCompleted && member.Answer is null);
        }

        return new InterleavedAnswer(this);
    }

    /// <summary>The first that has an answer, or its beginning. A hedge begins them one by one.</summary>
    private async Task<Outcome<InferenceAnswer>> RaceAsync()
    {
        if (await FindWinnerAsync().ConfigureAwait(false) is not { } winner)
        {
            return Failure();
        }

        foreach (var loser in Members.Where(member => member != winner && member.Status is MemberStatus.Running))
        {
            loser.Stop();
        }

        Decision = new Decision(Spec.Mode == MultimodelMode.First ? "first" : "hedge", winner);
        if (winner.Answer!.IsEventStream || winner.Answer.IsBinary)
        {
            return new DecidedStream(this, winner.Answer, winner, winner.Token);
        }

        await DisposeLosersAsync(winner).ConfigureAwait(false);
        return WholeAnswer.Of(this, winner);
    }

    private async ValueTask DisposeLosersAsync(Member winner)
    {
        foreach (var loser in Members.Where(member => member != winner))
        {
            await loser.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<Member?> FindWinnerAsync()
    {
        var waiting = new List<Member>();
        var next = 0;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task pause = Task.CompletedTask;
        try
        {
            while (true)
            {
                if (waiting.Find(static member => member.Begun.IsCompleted) is { } begun)
                {
                    if (begun.Answer is not null)
                    {
                        return begun;
                    }

                    // One that failed is replaced at once.
                    waiting.Remove(begun);
                    pause = Task.CompletedTask;
                }
                else if (next < Members.Count && pause.IsCompleted && !_stop.IsCancellationRequested)
                {
                    Members[next].Start(Runner);
                    waiting.Add(Members[next++]);
                    pause = Spec.Mode == MultimodelMode.Hedge && next < Members.Count
                        ? Task.Delay(Spec.Hedge, Runner.Pipeline.Time, done.Token)
                        : Task.CompletedTask;
                }
                else if (waiting.Count == 0)
                {
                    return null;
                }
                else
                {
                    var begins = waiting.Select(static member => member.Begun);
                    await Task.WhenAny(pause.IsCompleted ? begins : begins.Append(pause)).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
        }
    }
}
