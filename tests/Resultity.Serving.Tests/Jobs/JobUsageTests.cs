using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Tests.Pipeline;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

public sealed class JobUsageTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    [Fact]
    public async Task What_a_job_used_is_in_the_ledger_as_soon_as_its_result_is()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync());
        var row = Assert.Single(await jobs.LedgerAsync());
        Assert.Equal((job.Usage.InputTokens, job.Usage.OutputTokens), (row.InputTokens, row.OutputTokens));
        Assert.Equal((1, 0, "n1", job.KeyId), (row.Requests, row.Failed, row.NodeId, row.KeyId));
        Assert.Empty(jobs.Fleet.Usage);
    }

    [Fact]
    public async Task Attempts_that_failed_before_the_answer_are_in_the_ledger_and_cost_nothing()
    {
        await using var jobs = await new JobHarness().StartAsync();
        var sent = 0;
        jobs.Fleet.Node("n1", FirstIsLost);
        jobs.Fleet.Node("n2", FirstIsLost);
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync());
        Assert.Equal(JobStatus.Completed, job.Status);
        var rows = await jobs.LedgerAsync();
        Assert.Equal((2, 1, 3, 2), (rows.Sum(row => row.Requests), rows.Sum(row => row.Failed), rows.Sum(row => row.InputTokens), rows.Sum(row => row.OutputTokens)));

        Outcome<NodeExchange> FirstIsLost() => Interlocked.Increment(ref sent) == 1 ? ScriptedExchange.Lost : ScriptedExchange.Json(Answer);
    }

    [Fact]
    public async Task A_job_that_a_shutdown_interrupts_is_charged_once_by_the_run_that_ends_it()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-usage-").FullName;
        Job job;
        await using (var first = await new JobHarness(folder).StartAsync())
        {
            first.Fleet.Node("n1", () => ScriptedExchange.Events(ScriptedExchange.Chunk("a"), ScriptedExchange.Chunk("b")));
            job = await first.SubmitAsync(stream: true);
            await first.ReachesAsync(job, JobStatus.InProgress);
            Assert.True(first.Get<LiveJobs>().TryFind((await first.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!, out var run));
            await run.Output.WaitAsync(1);
            await first.StopAsync();
            Assert.Empty(await first.LedgerAsync());
            Assert.Equal(default, Assert.Single(first.Fleet.Usage).Usage);
        }

        await using (var second = await new JobHarness(folder).StartAsync())
        {
            second.Fleet.Node("n1", () => ScriptedExchange.Events(ScriptedExchange.Chunk("a"), ScriptedExchange.Chunk("b"), "[DONE]"));
            job = await second.FinishedAsync(job);
            var row = Assert.Single(await second.LedgerAsync());
            Assert.Equal((1, job.Usage.OutputTokens), (row.Requests, row.OutputTokens));
            Assert.True(row.OutputTokens > 0);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_job_that_is_deleted_while_it_runs_costs_what_it_has_used()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Events(ScriptedExchange.Chunk("a"), ScriptedExchange.Chunk("b")));
        var job = await jobs.SubmitAsync(stream: true);
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        Assert.True(jobs.Get<LiveJobs>().TryFind((await jobs.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!, out var run));
        await run.Output.WaitAsync(1);
        Assert.True(await jobs.Queue.DeleteAsync("alpha", job.Id, JobHarness.Cancellation));
        while (jobs.Get<LiveJobs>().Count > 0)
        {
            await Task.Delay(10, JobHarness.Cancellation);
        }

        Assert.True(Assert.Single(await jobs.LedgerAsync()).OutputTokens > 0);
        Assert.Empty(jobs.Fleet.Usage);
    }
}
