using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

public sealed class JobVerdictTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly Job Job = new()
    {
        Id = "req_1",
        Kind = "request",
        Namespace = "n",
        KeyId = "k",
        Endpoint = "/v1/chat/completions",
        Model = "m",
        CreatedAt = Now,
        Deadline = Now.AddMinutes(1),
        Retention = TimeSpan.FromHours(1),
    };

    [Fact]
    public void A_lost_claim_records_nothing() => Assert.Null(Decide(JobStop.Lost, Completed));

    [Fact]
    public void A_whole_answer_is_recorded_even_if_a_cancel_or_the_shutdown_came_before_its_end()
    {
        Assert.Equal(JobStatus.Completed, Decide(JobStop.Cancelled, Completed)!.Result.Status);
        Assert.Equal(JobStatus.Completed, Decide(JobStop.Shutdown, Completed)!.Result.Status);
    }

    [Fact]
    public void What_a_shutdown_interrupts_is_left_to_be_run_again() => Assert.Null(Decide(JobStop.Shutdown, Failed(FaultKind.Cancelled)));

    [Fact]
    public void A_refusal_for_want_of_capacity_is_tried_again_when_the_fault_says()
    {
        Assert.Equal(Now + Pause, Decide(JobStop.None, Failed(FaultKind.Unavailable))!.RetryAt);
        Assert.Equal(Now.AddSeconds(7), Decide(JobStop.None, Failed(FaultKind.RateLimited, TimeSpan.FromSeconds(7)))!.RetryAt);
    }

    [Fact]
    public void Other_faults_are_final()
    {
        Assert.Null(Decide(JobStop.None, Failed(FaultKind.BadNodeAnswer))!.RetryAt);
        Assert.Null(Decide(JobStop.None, Failed(FaultKind.InvalidRequest))!.RetryAt);
    }

    [Fact]
    public void A_part_of_an_answer_is_not_thrown_away_for_another_try() =>
        Assert.Null(Decide(JobStop.None, Failed(FaultKind.Unavailable) with { Body = new byte[1] })!.RetryAt);

    [Fact]
    public void Behind_its_deadline_a_job_has_expired_whatever_the_fault()
    {
        var verdict = JobVerdict.Decide(JobStop.None, Failed(FaultKind.Unavailable), Job, Job.Deadline, false, Pause)!;
        Assert.Equal((JobStatus.Expired, null), (verdict.Result.Status, verdict.RetryAt));
    }

    [Fact]
    public void A_timer_ahead_of_the_clock_makes_no_difference() =>
        Assert.Equal(JobStatus.Expired, Decide(JobStop.None, Failed(FaultKind.DeadlineExceeded))!.Result.Status);

    [Fact]
    public void An_unknown_model_is_tried_again_while_nodes_may_come_back()
    {
        var unknown = new JobResult { Status = JobStatus.Failed, Fault = Fault.NotFound("no", "model_not_found", "model") };
        Assert.Equal(Now + Pause, JobVerdict.Decide(JobStop.None, unknown, Job, Now, true, Pause)!.RetryAt);
        Assert.Null(JobVerdict.Decide(JobStop.None, unknown, Job, Now, false, Pause)!.RetryAt);
    }

    private static JobResult Completed => new() { Status = JobStatus.Completed };

    private static JobVerdict? Decide(JobStop stop, JobResult result) => JobVerdict.Decide(stop, result, Job, Now, false, Pause);

    private static JobResult Failed(FaultKind kind, TimeSpan? after = null) =>
        new() { Status = JobStatus.Failed, Fault = new Fault(kind, "code", "message") { RetryAfter = after } };
}
