using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;
using Resultity.Serving.Tests.Pipeline;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

public sealed class JobRunTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    [Fact]
    public async Task A_job_is_answered_as_the_synchronous_call_would_be()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync());
        Assert.Equal((JobStatus.Completed, new Usage(3, 2)), (job.Status, job.Usage));
        Assert.Equal(Answer, await jobs.AnswerAsync(job));
        var attempt = Assert.Single(job.Attempts);
        Assert.Equal(("n1", "completed"), (attempt.Node, attempt.Outcome));
        Assert.Equal(0, jobs.Fleet.Running);
    }

    [Fact]
    public async Task A_streamed_job_can_be_followed_live_and_is_kept()
    {
        var exchange = ScriptedExchange.Events(ScriptedExchange.Chunk("a"));
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => exchange);
        var job = await jobs.SubmitAsync(stream: true);
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        Assert.True(jobs.Get<LiveJobs>().TryFind((await jobs.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!, out var run));
        await run.Output.WaitAsync(0).WaitAsync(TimeSpan.FromSeconds(10), JobHarness.Cancellation);
        Assert.True(run.Output.TryRead(0, out var first));
        Assert.Equal($"data: {ScriptedExchange.Chunk("a")}\n\n", Encoding.UTF8.GetString(first));
        var second = run.Output.WaitAsync(1);
        Assert.False(second.IsCompleted);
        exchange.Push($"data: {ScriptedExchange.Chunk("b", finish: "stop")}\n\ndata: [DONE]\n\n").End();
        await second.WaitAsync(TimeSpan.FromSeconds(10), JobHarness.Cancellation);
        job = await jobs.FinishedAsync(job);
        var answer = (await jobs.Queue.ReadAnswerAsync(job, JobHarness.Cancellation))!;
        Assert.Equal(JobOutput.ContentType, answer.ContentType);
        Assert.Equal(
            [$"data: {ScriptedExchange.Chunk("a")}\n\n", $"data: {ScriptedExchange.Chunk("b", finish: "stop")}\n\n", "data: [DONE]\n\n"],
            JobOutput.Frames(answer.Body).Select(frame => Encoding.UTF8.GetString(frame.Span)));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_a_failure_with_what_there_was()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Events(ScriptedExchange.Chunk("a"), "not json"));
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync(stream: true));
        Assert.Equal((JobStatus.Failed, FaultKind.BadNodeAnswer), (job.Status, job.Fault!.Kind));
        Assert.DoesNotContain("[DONE]", await jobs.AnswerAsync(job), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_is_woken_at_once()
    {
        var exchange = new ScriptedExchange(200, "application/json");
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => exchange);
        var job = await jobs.SubmitAsync();
        var waiting = jobs.Queue.WaitAsync("alpha", job.Id, TimeSpan.FromMinutes(5), JobHarness.Cancellation).AsTask();
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        Assert.False(waiting.IsCompleted);
        exchange.Push(Answer).End();
        Assert.Equal(JobStatus.Completed, (await waiting.WaitAsync(TimeSpan.FromSeconds(10), JobHarness.Cancellation))!.Status);
    }

    [Fact]
    public async Task A_wait_ends_with_its_time()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        var job = await jobs.SubmitAsync();
        Assert.Equal(JobStatus.Queued, (await jobs.Queue.WaitAsync("alpha", job.Id, TimeSpan.FromMilliseconds(30), JobHarness.Cancellation))!.Status);
        Assert.Null(await jobs.Queue.WaitAsync("alpha", "req_unknown", TimeSpan.FromMinutes(1), JobHarness.Cancellation));
    }

    [Fact]
    public async Task A_job_waits_for_a_node_where_a_synchronous_call_is_refused()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        jobs.Fleet.Dispatcher.NodeIsGone("n1");
        var job = await jobs.SubmitAsync();
        await Eventually(async () => (await jobs.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!.Fault?.Code == "no_capable_node");
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        job = await jobs.FinishedAsync(job);
        Assert.Equal((JobStatus.Completed, null), (job.Status, job.Fault));
        Assert.True(job.Attempt > 1);
    }

    [Fact]
    public async Task An_unknown_model_is_a_failure_once_nodes_had_time_to_return()
    {
        await using var jobs = await new JobHarness(configure: options => options.NodesReturn = TimeSpan.Zero).StartAsync();
        var job = await jobs.FinishedAsync(await jobs.SubmitAsync(model: "nobody-has-this"));
        Assert.Equal((JobStatus.Failed, "model_not_found"), (job.Status, job.Fault!.Code));
    }

    [Fact]
    public async Task A_job_of_a_revoked_key_does_not_run()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        var job = await jobs.SubmitAsync();
        await jobs.Get<IApiKeyStore>().RevokeAsync(jobs.Caller.KeyId, TimeProvider.System.GetUtcNow(), JobHarness.Cancellation);
        await jobs.RunAsync();
        job = await jobs.FinishedAsync(job);
        Assert.Equal((JobStatus.Failed, FaultKind.Authentication), (job.Status, job.Fault!.Kind));
        Assert.Empty(jobs.Fleet.Fleet.Sent);
    }

    [Fact]
    public async Task Only_a_few_jobs_wait_in_the_dispatcher_at_a_time()
    {
        var running = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        await using var jobs = await new JobHarness(configure: options => options.MaxWaitingPerModel = 3).StartAsync(run: false);
        jobs.Fleet.Node("n1", async (_, _) =>
        {
            running.Release();
            await gate.Task;
            return ScriptedExchange.Json(Answer);
        }, slots: 2);
        var all = new List<Job>();
        for (var i = 0; i < 20; i++)
        {
            all.Add(await jobs.SubmitAsync());
        }

        await jobs.RunAsync();
        await running.WaitAsync(JobHarness.Cancellation);
        await running.WaitAsync(JobHarness.Cancellation);
        await Eventually(() => Task.FromResult(jobs.Get<LiveJobs>().Count == 5));
        gate.SetResult();
        foreach (var job in all)
        {
            Assert.Equal(JobStatus.Completed, (await jobs.FinishedAsync(job)).Status);
        }

        Assert.Equal(20, jobs.Fleet.Fleet.Sent.Count);
    }

    [Fact]
    public async Task A_namespace_that_has_too_many_waiting_is_refused()
    {
        await using var jobs = await new JobHarness(configure: options => options.MaxQueued = 3).StartAsync(run: false);
        for (var i = 0; i < 3; i++)
        {
            await jobs.SubmitAsync();
        }

        var refused = await Assert.ThrowsAsync<StorageException>(async () => await jobs.SubmitAsync());
        Assert.Equal((FaultKind.Unavailable, "queue_full"), (refused.Fault.Kind, refused.Fault.Code));
        Assert.Equal(3, await jobs.Get<IJobStore>().CountWaitingAsync("alpha", 10, JobHarness.Cancellation));
    }

    [Fact]
    public async Task Blobs_that_a_crash_left_without_an_owner_are_swept_and_others_kept()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        var store = jobs.Get<IJobStore>();
        var blobs = jobs.Get<IBlobStore>();
        var job = await jobs.SubmitAsync();
        await store.AddAsync(job with { Id = Id.New(Job.IdPrefix, TimeProvider.System) }, new byte[50_000], JobHarness.Cancellation);
        var orphan = await blobs.PutAsync(new byte[1], JobHarness.Cancellation);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(jobs.Folder, "blobs"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().AddHours(-2).UtcDateTime);
        }

        var young = await blobs.PutAsync(new byte[1], JobHarness.Cancellation);
        await jobs.Get<JobSweeper>().SweepAsync(JobHarness.Cancellation);
        var left = await blobs.ListAsync(DateTimeOffset.MaxValue, JobHarness.Cancellation).ToListAsync(JobHarness.Cancellation);
        Assert.Equal(2, left.Count);
        Assert.Contains(young, left);
        Assert.DoesNotContain(orphan, left);
    }

    [Fact]
    public async Task An_answer_to_be_read_once_is_gone_after_that()
    {
        await using var jobs = await new JobHarness().StartAsync();
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
        var once = await jobs.FinishedAsync(await jobs.SubmitAsync(retention: TimeSpan.Zero));
        var kept = await jobs.FinishedAsync(await jobs.SubmitAsync(retention: TimeSpan.FromHours(1)));
        await jobs.Queue.ReadAsync(once);
        await jobs.Queue.ReadAsync(kept);
        Assert.Null(await jobs.Queue.GetAsync("alpha", once.Id, JobHarness.Cancellation));
        Assert.NotNull(await jobs.Queue.GetAsync("alpha", kept.Id, JobHarness.Cancellation));
    }

    [Fact]
    public async Task A_shutdown_hands_running_jobs_back()
    {
        await using var jobs = await new JobHarness().StartAsync();
        var reached = new TaskCompletionSource();
        jobs.Fleet.Node("n1", async (_, stop) =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
            return ScriptedExchange.Json(Answer);
        });
        var job = await jobs.SubmitAsync();
        await jobs.ReachesAsync(job, JobStatus.InProgress);
        await reached.Task;
        await jobs.StopAsync();
        Assert.Equal(JobStatus.Queued, (await jobs.Queue.GetAsync("alpha", job.Id, JobHarness.Cancellation))!.Status);
        Assert.Equal(0, jobs.Fleet.Running);
        Assert.Equal(job.Id, Assert.Single(await jobs.Get<IJobStore>().ClaimAsync("other", new ClaimRoom(5, 5), TimeProvider.System.GetUtcNow(), DateTimeOffset.MaxValue, JobHarness.Cancellation)).Id);
    }

    [Fact]
    public async Task Jobs_that_a_crash_left_claimed_run_again_at_the_next_start()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-jobs-").FullName;
        try
        {
            Job job;
            await using (var crashed = await new JobHarness(folder).StartAsync(run: false))
            {
                job = await crashed.SubmitAsync();
                var store = crashed.Get<IJobStore>();
                await store.ClaimAsync("gateway", new ClaimRoom(1, 1), TimeProvider.System.GetUtcNow(), DateTimeOffset.MaxValue.AddDays(-1), JobHarness.Cancellation);
                await store.StartAsync(job.Id, 1, TimeProvider.System.GetUtcNow(), JobHarness.Cancellation);
            }

            await using var jobs = new JobHarness(folder);
            jobs.Fleet.Node("n1", () => ScriptedExchange.Json(Answer));
            await jobs.StartAsync();
            job = await jobs.FinishedAsync(job);
            Assert.Equal((JobStatus.Completed, 2), (job.Status, job.Attempt));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var i = 0; !await condition(); i++)
        {
            Assert.True(i < 2000, "The condition did not come true within 20 s.");
            await Task.Delay(10, JobHarness.Cancellation);
        }
    }
}
