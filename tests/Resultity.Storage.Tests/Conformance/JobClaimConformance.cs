using System.Collections.Concurrent;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

/// <summary>What every job store must do for runners: claims, leases, fencing, fairness.</summary>
public abstract class JobClaimConformance(TestStorage storage) : StoreConformance(storage)
{
    private static readonly DateTimeOffset Now = Start.AddMinutes(2);
    private static readonly DateTimeOffset LeaseEnd = Now.AddMinutes(1);

    private IJobStore Jobs => Storage.Get<IJobStore>();

    [Fact]
    public async Task Claims_take_the_oldest_jobs_first_and_each_once()
    {
        var jobs = await AddAsync("alpha", 5);
        Assert.Equal(jobs[..3], await ClaimAsync(3));
        Assert.Equal(jobs[3..], await ClaimAsync(3));
        Assert.Empty(await ClaimAsync(3));
    }

    [Fact]
    public async Task Claims_take_turns_between_namespaces()
    {
        var alpha = await AddAsync("alpha", 5);
        var beta = await AddAsync("beta", 2, second: 1);
        var gamma = await AddAsync("gamma", 1, second: 2);
        Assert.Equal([alpha[0], beta[0], gamma[0], alpha[1]], await ClaimAsync(4));
        Assert.Equal([beta[1]], await ClaimAsync(1));
    }

    [Fact]
    public async Task With_room_for_one_at_a_time_no_namespace_starves()
    {
        await AddAsync("alpha", 5);
        var omega = await AddAsync("omega", 1, second: 1);
        var first = Assert.Single(await ClaimAsync(1));
        await Jobs.FinishAsync(first, 1, new JobResult { Status = JobStatus.Completed }, Start, Cancellation);
        var second = Assert.Single(await ClaimAsync(1));
        await Jobs.FinishAsync(second, 1, new JobResult { Status = JobStatus.Completed }, Start, Cancellation);
        Assert.Equal(omega, await ClaimAsync(1));
    }

    [Fact]
    public async Task A_model_without_room_holds_up_no_other()
    {
        var busy = await AddAsync("alpha", 3, model: "busy");
        var free = await AddAsync("alpha", 2, second: 10, model: "free");
        var other = await AddAsync("beta", 1, second: 20, model: "busy");
        var room = new ClaimRoom(10, 3) { Waiting = new Dictionary<string, int> { ["busy"] = 1 } };
        var claimed = (await Jobs.ClaimAsync("me", room, Now, LeaseEnd, Cancellation)).Select(job => job.Id).ToList();
        Assert.Equal([busy[0], other[0], free[0], free[1]], claimed);
        Assert.Empty(await Jobs.ClaimAsync("me", room with { Waiting = new Dictionary<string, int> { ["busy"] = 3 } }, Now, LeaseEnd, Cancellation));
        Assert.Equal(busy[1..], await ClaimAsync(10));
    }

    [Fact]
    public async Task Waiting_jobs_are_counted_up_to_a_limit()
    {
        await AddAsync("alpha", 5);
        await AddAsync("beta", 1);
        await ClaimAsync(2);
        Assert.Equal(4, await Jobs.CountWaitingAsync("alpha", 100, Cancellation));
        Assert.Equal(2, await Jobs.CountWaitingAsync("alpha", 2, Cancellation));
        Assert.Equal(0, await Jobs.CountWaitingAsync("beta", 100, Cancellation));
    }

    [Fact]
    public async Task Many_claimers_at_once_never_share_a_job()
    {
        await AddAsync("alpha", 60);
        var ids = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            // One may come away empty-handed while others hold what it looked at.
            while (ids.Count < 60)
            {
                foreach (var job in await Jobs.ClaimAsync("owner" + i, new ClaimRoom(5, 5), Now, LeaseEnd, Cancellation))
                {
                    ids.Add(job.Id);
                }
            }
        }));
        Assert.Equal(60, ids.Count);
        Assert.Equal(60, ids.Distinct().Count());
    }

    [Fact]
    public async Task A_job_past_its_deadline_is_not_claimed()
    {
        await AddAsync("alpha", 1);
        Assert.Empty(await Jobs.ClaimAsync("me", new ClaimRoom(1, 1), Start.AddDays(1), Start.AddDays(2), Cancellation));
    }

    [Fact]
    public async Task When_a_lease_ends_another_runs_the_job_and_the_first_records_nothing()
    {
        var id = Assert.Single(await AddAsync("alpha", 1));
        await ClaimAsync(1);
        await Jobs.StartAsync(id, 1, Start, Cancellation);
        Assert.Empty(await Jobs.ClaimAsync("other", new ClaimRoom(1, 1), LeaseEnd.AddSeconds(-1), LeaseEnd.AddHours(1), Cancellation));
        var again = Assert.Single(await Jobs.ClaimAsync("other", new ClaimRoom(1, 1), LeaseEnd, LeaseEnd.AddHours(1), Cancellation));
        Assert.Equal((id, 2, JobStatus.Queued), (again.Id, again.Attempt, again.Status));
        Assert.False(await Jobs.StartAsync(id, 1, Start, Cancellation));
        Assert.False(await Jobs.FinishAsync(id, 1, Answer("late"), Start, Cancellation));
        Assert.True(await Jobs.FinishAsync(id, 2, Answer("first"), Start, Cancellation));
        Assert.False(await Jobs.FinishAsync(id, 2, Answer("twice"), Start, Cancellation));
        Assert.Equal("first"u8.ToArray(), (await Jobs.ReadAnswerAsync("alpha", id, Cancellation))!.Body.ToArray());
    }

    [Fact]
    public async Task A_deferred_job_waits_for_its_time_says_why_and_is_fenced()
    {
        var reason = new Fault(FaultKind.Unavailable, "no_capable_node", "None.");
        var id = Assert.Single(await AddAsync("alpha", 1));
        await ClaimAsync(1);
        await Jobs.StartAsync(id, 1, Now, Cancellation);
        Assert.False(await Jobs.DeferAsync(id, 2, Now, reason, Cancellation));
        Assert.True(await Jobs.DeferAsync(id, 1, Now.AddSeconds(5), reason, Cancellation));
        var waiting = (await Jobs.GetAsync("alpha", id, Cancellation))!;
        Assert.Equal((JobStatus.Queued, "no_capable_node"), (waiting.Status, waiting.Fault!.Code));
        Assert.Empty(await ClaimAsync(1));
        Assert.Equal(2, Assert.Single(await Jobs.ClaimAsync("me", new ClaimRoom(1, 1), Now.AddSeconds(5), LeaseEnd, Cancellation)).Attempt);
        await Jobs.StartAsync(id, 2, Now, Cancellation);
        Assert.Null((await Jobs.GetAsync("alpha", id, Cancellation))!.Fault);
        await Jobs.CancelAsync("alpha", id, Now, Cancellation);
        Assert.False(await Jobs.DeferAsync(id, 2, Now, reason, Cancellation));
    }

    [Fact]
    public async Task A_renewed_lease_holds_and_shows_what_is_held()
    {
        var ids = await AddAsync("alpha", 3);
        await ClaimAsync(2);
        await Jobs.StartAsync(ids[1], 1, Start, Cancellation);
        await Jobs.CancelAsync("alpha", ids[1], Start, Cancellation);
        var held = await Jobs.RenewAsync("me", LeaseEnd.AddHours(1), Cancellation);
        Assert.Equal([new HeldClaim(ids[0], 1, JobStatus.Queued), new HeldClaim(ids[1], 1, JobStatus.Cancelling)], held.OrderBy(claim => claim.Id));
        Assert.Equal([ids[2]], (await Jobs.ClaimAsync("other", new ClaimRoom(5, 5), LeaseEnd, LeaseEnd.AddHours(2), Cancellation)).Select(job => job.Id));
        Assert.Empty(await Jobs.RenewAsync("nobody", LeaseEnd, Cancellation));
    }

    [Fact]
    public async Task A_release_hands_jobs_back_and_ends_those_that_were_being_cancelled()
    {
        var ids = await AddAsync("alpha", 3);
        await ClaimAsync(3);
        await Jobs.StartAsync(ids[1], 1, Start, Cancellation);
        await Jobs.StartAsync(ids[2], 1, Start, Cancellation);
        await Jobs.CancelAsync("alpha", ids[2], Start, Cancellation);
        Assert.Equal(0, await Jobs.ReleaseAsync("other", Start, Cancellation));
        Assert.Equal(3, await Jobs.ReleaseAsync("me", Start, Cancellation));
        Assert.Equal(ids[..2], await ClaimAsync(3));
        Assert.Equal(JobStatus.Cancelled, (await Jobs.GetAsync("alpha", ids[2], Cancellation))!.Status);
    }

    [Fact]
    public async Task A_job_that_had_started_before_its_release_is_cancelled_not_aborted()
    {
        var id = Assert.Single(await AddAsync("alpha", 1));
        await ClaimAsync(1);
        await Jobs.StartAsync(id, 1, Start, Cancellation);
        await Jobs.ReleaseAsync("me", Start, Cancellation);
        Assert.Equal(JobStatus.Cancelled, (await Jobs.CancelAsync("alpha", id, Start, Cancellation))!.Status);
    }

    [Fact]
    public async Task A_job_cannot_end_in_a_status_that_is_not_final()
    {
        var id = Assert.Single(await AddAsync("alpha", 1));
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await Jobs.FinishAsync(id, 0, new JobResult { Status = JobStatus.InProgress }, Start, Cancellation));
    }

    private static JobResult Answer(string text) => new() { Status = JobStatus.Completed, Body = System.Text.Encoding.UTF8.GetBytes(text) };

    private async Task<List<string>> ClaimAsync(int count) =>
        [.. (await Jobs.ClaimAsync("me", new ClaimRoom(count, count), Now, LeaseEnd, Cancellation)).Select(job => job.Id)];

    private async Task<List<string>> AddAsync(string @namespace, int count, int second = 0, string model = "m")
    {
        var jobs = Enumerable.Range(second, count).Select(at => JobStoreConformance.NewJob(at) with { Namespace = @namespace, Model = model }).ToList();
        await Task.WhenAll(jobs.Select(job => Jobs.AddAsync(job, default, Cancellation).AsTask()));
        return [.. jobs.Select(job => job.Id)];
    }
}
