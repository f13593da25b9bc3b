using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Tests.Pipeline;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

/// <summary>Cancels, deletions and deadlines at every stage of a job's life.</summary>
public sealed class JobEndTests
{
    private const string Answer = """{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

    [Fact]
    public async Task Cancelled_before_it_is_claimed_a_job_is_aborted()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        var job = await jobs.SubmitAsync();
        Assert.Equal(JobStatus.Aborted, (await CancelAsync(jobs, job)).Status);
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        await jobs.RunAsync();
        await jobs.FinishedAsync(await jobs.SubmitAsync());
        Assert.Single(jobs.Fleet.Fleet.Sent);
    }

    [Fact]
    public async Task Cancelled_while_it_waits_in_the_dispatcher_a_job_is_aborted_and_leaves_the_queue()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", HangAsync, slots: 1);
        var first = await jobs.SubmitAsync();
        await jobs.ReachesAsync(first, JobStatus.InProgress);
        var waiting = await jobs.SubmitAsync();
        await RunsAsync(jobs, 2);
        Assert.Equal(JobStatus.Aborted, (await CancelAsync(jobs, waiting)).Status);
        await RunsAsync(jobs, 1);
        Assert.Equal(JobStatus.Aborted, (await jobs.FinishedAsync(waiting)).Status);
        Assert.Single(jobs.Fleet.Fleet.Sent);
    }

    [Fact]
    public async Task Cancelled_while_it_runs_a_job_is_cancelling_then_cancelled_and_the_node_stops()
    {
        var stopped = new TaskCompletionSource();
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", async (_, stop) =>
        {
            await using (stop.Register(stopped.SetResult))
            {
                await Task.Delay(Timeout.Infinite, stop);
            }

            return ScriptedExchange.Json(Answer);
        });
        var job = await jobs.SubmitAsync();
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        Assert.Equal(JobStatus.Cancelling, (await CancelAsync(jobs, job)).Status);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(1), JobHarness.Cancellation);
        job = await jobs.FinishedAsync(job);
        Assert.Equal((JobStatus.Cancelled, null), (job.Status, job.Fault));
        Assert.Equal(0, jobs.Fleet.Running);
        Assert.Equal(JobStatus.Cancelled, (await CancelAsync(jobs, job)).Status);
    }

    [Fact]
    public async Task Cancelled_in_the_middle_of_its_stream_a_job_keeps_what_there_was()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Events(ScriptedExchange.Chunk("a")));
        var job = await jobs.SubmitAsync(stream: true);
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        Assert.True(jobs.Get<LiveJobs>().TryFind((await jobs.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!, out var run));
        await run.Output.WaitAsync(0);
        await CancelAsync(jobs, job);
        job = await jobs.FinishedAsync(job);
        Assert.Equal(JobStatus.Cancelled, job.Status);
        Assert.Equal($"data: {ScriptedExchange.Chunk("a")}\n\n", await jobs.AnswerAsync(job));
    }

    [Fact]
    public async Task Cancelled_after_its_end_a_job_stays_as_it_is()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync());
        Assert.Equal(JobStatus.Completed, (await CancelAsync(jobs, job)).Status);
        Assert.Null(await jobs.Queue.CancelAsync("beta", job.Id, JobHarness.Cancellation));
    }

    [Fact]
    public async Task Deleted_while_it_runs_a_job_is_gone_and_the_node_stops()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", HangAsync);
        var job = await jobs.SubmitAsync();
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        var waiting = jobs.Queue.WaitAsync("alpha", job.Id, TimeSpan.FromMinutes(1), JobHarness.Cancellation).AsTask();
        Assert.True(await jobs.Queue.DeleteAsync("alpha", job.Id, JobHarness.Cancellation));
        Assert.False(await jobs.Queue.DeleteAsync("alpha", job.Id, JobHarness.Cancellation));
        Assert.Null(await waiting.WaitAsync(TimeSpan.FromSeconds(10), JobHarness.Cancellation));
        await RunsAsync(jobs, 0);
        Assert.Equal(0, jobs.Fleet.Running);
    }

    [Fact]
    public async Task A_deadline_that_passes_while_it_runs_makes_a_job_expired()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", HangAsync);
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync(deadline: TimeSpan.FromMilliseconds(300)));
        Assert.Equal((JobStatus.Expired, FaultKind.DeadlineExceeded), (job.Status, job.Fault!.Kind));
        Assert.Equal(0, jobs.Fleet.Running);
    }

    [Fact]
    public async Task A_deadline_that_passes_while_nobody_runs_it_makes_a_job_expired()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        var job = await jobs.SubmitAsync(deadline: TimeSpan.FromTicks(1));
        var waiting = jobs.Queue.WaitAsync("alpha", job.Id, TimeSpan.FromMinutes(1), JobHarness.Cancellation).AsTask();
        await jobs.Get<JobSweeper>().SweepAsync(JobHarness.Cancellation);
        Assert.Equal(JobStatus.Expired, (await waiting.WaitAsync(TimeSpan.FromSeconds(10), JobHarness.Cancellation))!.Status);
    }

    private static async ValueTask<Outcome<NodeExchange>> HangAsync(WorkOrder order, CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop);
        return Fault.Cancelled;
    }

    private static async Task<Job> CancelAsync(JobHarness jobs, Job job) => (await jobs.Queue.CancelAsync("alpha", job.Id, JobHarness.Cancellation))!;

    private static async Task RunsAsync(JobHarness jobs, int count)
    {
        for (var i = 0; jobs.Get<LiveJobs>().Count != count; i++)
        {
            Assert.True(i < 2000, $"{jobs.Get<LiveJobs>().Count} jobs run after 20 s; expected {count}.");
            await Task.Delay(10, JobHarness.Cancellation);
        }
    }
}
