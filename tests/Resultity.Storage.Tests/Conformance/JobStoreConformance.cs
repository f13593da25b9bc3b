using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

/// <summary>What every job store must do for clients: accept, read, list, cancel, delete.</summary>
public abstract class JobStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IJobStore Jobs => Storage.Get<IJobStore>();

    [Fact]
    public async Task A_job_reads_as_it_was_accepted()
    {
        var job = NewJob() with { ContentType = "multipart/form-data; boundary=x", Stream = true, ReadOnce = true, Metadata = "{\"a\":\"b\"}", Model = "m|n" };
        await Jobs.AddAsync(job, "body"u8.ToArray(), Cancellation);
        Assert.Equivalent(job, await Jobs.GetAsync("alpha", job.Id, Cancellation), strict: true);
        Assert.Equal("body"u8.ToArray(), (await Jobs.ReadBodyAsync(job.Id, Cancellation))!.Value.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(3_000_000)]
    public async Task Bodies_and_answers_of_any_size_read_byte_for_byte_and_leave_nothing_behind(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var job = NewJob();
        await Jobs.AddAsync(job, bytes, Cancellation);
        Assert.Equal(bytes, (await Jobs.ReadBodyAsync(job.Id, Cancellation))!.Value.ToArray());
        await ClaimAsync();
        Assert.True(await Jobs.FinishAsync(job.Id, 1, Completed(bytes), Start, Cancellation));
        Assert.Null(await Jobs.ReadBodyAsync(job.Id, Cancellation));
        Assert.Equal(bytes, (await Jobs.ReadAnswerAsync("alpha", job.Id, Cancellation))!.Body.ToArray());
        Assert.Equal(size > 16 * 1024 ? 1 : 0, await CountBlobsAsync());
        Assert.NotNull(await Jobs.DeleteAsync("alpha", job.Id, Cancellation));
        Assert.Equal(0, await CountBlobsAsync());
    }

    [Fact]
    public async Task Another_namespace_sees_nothing()
    {
        var job = await AddAsync();
        await ClaimAsync();
        await Jobs.FinishAsync(job.Id, 1, Completed("x"u8.ToArray()), Start, Cancellation);
        Assert.Null(await Jobs.GetAsync("beta", job.Id, Cancellation));
        Assert.Null(await Jobs.ReadAnswerAsync("beta", job.Id, Cancellation));
        Assert.Null(await Jobs.CancelAsync("beta", job.Id, Start, Cancellation));
        Assert.Null(await Jobs.DeleteAsync("beta", job.Id, Cancellation));
        Assert.Empty((await Jobs.ListAsync(new JobFilter("beta", new PageQuery(null, 10)), Cancellation)).Items);
        Assert.NotNull(await Jobs.GetAsync("alpha", job.Id, Cancellation));
    }

    [Fact]
    public async Task A_result_reads_as_it_was_recorded()
    {
        var job = await AddAsync();
        await ClaimAsync();
        await Jobs.StartAsync(job.Id, 1, Start.AddSeconds(1), Cancellation);
        var result = new JobResult
        {
            Status = JobStatus.Failed,
            Fault = new Fault(FaultKind.Unavailable, "no_capable_node", "No node.", "model") { RetryAfter = TimeSpan.FromSeconds(3), ShouldRetry = true },
            Attempts = [new JobAttempt("n1", Start, Start.AddSeconds(2), "node_gone"), new JobAttempt("n2", Start.AddSeconds(2), null, "running")],
            Usage = new Usage(7, 8, 3),
        };
        Assert.True(await Jobs.FinishAsync(job.Id, 1, result, Start.AddSeconds(3), Cancellation));
        var read = (await Jobs.GetAsync("alpha", job.Id, Cancellation))!;
        Assert.Equal((JobStatus.Failed, Start.AddSeconds(1), Start.AddSeconds(3), result.Fault, result.Usage),
            (read.Status, read.StartedAt!.Value, read.FinishedAt!.Value, read.Fault!, read.Usage));
        Assert.Equal(result.Attempts, read.Attempts);
        Assert.Equal(Start.AddSeconds(3) + job.Retention, read.ExpiresAt);
        Assert.Null(await Jobs.ReadAnswerAsync("alpha", job.Id, Cancellation));
    }

    [Fact]
    public async Task A_queued_job_is_aborted_at_once_and_cannot_start()
    {
        var job = await AddAsync();
        await ClaimAsync();
        Assert.Equal(JobStatus.Aborted, (await Jobs.CancelAsync("alpha", job.Id, Start, Cancellation))!.Status);
        Assert.False(await Jobs.StartAsync(job.Id, 1, Start, Cancellation));
        Assert.False(await Jobs.FinishAsync(job.Id, 1, Completed([]), Start, Cancellation));
        var again = (await Jobs.CancelAsync("alpha", job.Id, Start.AddHours(1), Cancellation))!;
        Assert.Equal((JobStatus.Aborted, Start), (again.Status, again.FinishedAt!.Value));
        Assert.Null(await Jobs.ReadBodyAsync(job.Id, Cancellation));
        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task A_running_job_is_cancelling_until_its_runner_ends_it()
    {
        var job = await AddAsync();
        await ClaimAsync();
        Assert.True(await Jobs.StartAsync(job.Id, 1, Start, Cancellation));
        Assert.Equal(JobStatus.Cancelling, (await Jobs.CancelAsync("alpha", job.Id, Start, Cancellation))!.Status);
        Assert.Equal(JobStatus.Cancelling, (await Jobs.CancelAsync("alpha", job.Id, Start, Cancellation))!.Status);
        Assert.True(await Jobs.FinishAsync(job.Id, 1, new JobResult { Status = JobStatus.Cancelled }, Start, Cancellation));
        Assert.Equal(JobStatus.Cancelled, (await Jobs.GetAsync("alpha", job.Id, Cancellation))!.Status);
    }

    [Fact]
    public async Task A_job_that_is_deleted_while_it_runs_records_nothing()
    {
        var job = await AddAsync();
        await ClaimAsync();
        Assert.Equal(job.Id, (await Jobs.DeleteAsync("alpha", job.Id, Cancellation))!.Id);
        Assert.False(await Jobs.FinishAsync(job.Id, 1, Completed(new byte[100_000]), Start, Cancellation));
        Assert.Null(await Jobs.DeleteAsync("alpha", job.Id, Cancellation));
        Assert.Equal(0, await CountBlobsAsync());
    }

    [Fact]
    public async Task Lists_go_page_by_page_whatever_the_prefix()
    {
        var jobs = new List<Job>();
        for (var second = 0; second < 6; second++)
        {
            jobs.Add(await AddAsync(NewJob(second) with { Id = NewId(second % 2 == 0 ? "req_" : "resp_", second) }));
        }

        var newest = await Jobs.ListAsync(new JobFilter("alpha", new PageQuery(null, 4)), Cancellation);
        Assert.Equal(jobs.AsEnumerable().Reverse().Take(4).Select(job => job.Id), newest.Items.Select(job => job.Id));
        Assert.True(newest.HasMore);
        await Jobs.DeleteAsync("alpha", newest.Items[^1].Id, Cancellation);
        var rest = await Jobs.ListAsync(new JobFilter("alpha", new PageQuery(newest.Items[^1].Id, 4)), Cancellation);
        Assert.Equal([jobs[1].Id, jobs[0].Id], rest.Items.Select(job => job.Id));
        Assert.False(rest.HasMore);
        var oldest = await Jobs.ListAsync(new JobFilter("alpha", new PageQuery(jobs[0].Id, 1, Ascending: true)), Cancellation);
        Assert.Equal(jobs[1].Id, Assert.Single(oldest.Items).Id);
    }

    [Fact]
    public async Task Lists_filter()
    {
        var aborted = await AddAsync();
        await Jobs.CancelAsync("alpha", aborted.Id, Start, Cancellation);
        var embedding = await AddAsync(NewJob() with { Endpoint = "/v1/embeddings" });
        var other = await AddAsync(NewJob() with { Model = "other" });
        Assert.Equal([aborted.Id], await IdsAsync(All with { Status = JobStatus.Aborted }));
        Assert.Equal([embedding.Id], await IdsAsync(All with { Endpoint = "/v1/embeddings" }));
        Assert.Equal([other.Id], await IdsAsync(All with { Model = "other" }));
        Assert.Empty(await IdsAsync(All with { Model = "other", Status = JobStatus.Aborted }));
    }

    [Fact]
    public async Task Waiting_jobs_expire_at_their_deadline_and_claimed_ones_do_not()
    {
        var claimed = await AddAsync();
        await ClaimAsync();
        var waiting = await AddAsync(NewJob() with { Deadline = Start.AddMinutes(1) });
        var patient = await AddAsync(NewJob() with { Deadline = Start.AddMinutes(2) });
        Assert.Empty(await Jobs.ExpireAsync(Start, 10, Cancellation));
        var expired = Assert.Single(await Jobs.ExpireAsync(Start.AddMinutes(1), 10, Cancellation));
        Assert.Equal((waiting.Id, JobStatus.Expired), (expired.Id, expired.Status));
        Assert.Equal(JobStatus.Queued, (await Jobs.GetAsync("alpha", patient.Id, Cancellation))!.Status);
        Assert.True(await Jobs.FinishAsync(claimed.Id, 1, Completed([]), Start, Cancellation));
    }

    [Fact]
    public async Task Finished_jobs_are_deleted_in_steps_when_their_retention_ends()
    {
        for (var i = 0; i < 5; i++)
        {
            var job = await AddAsync(NewJob() with { Retention = TimeSpan.FromMinutes(1) });
            await ClaimAsync();
            await Jobs.FinishAsync(job.Id, 1, Completed(new byte[20_000]), Start, Cancellation);
        }

        var unfinished = await AddAsync();
        Assert.Equal(0, await Jobs.DeleteExpiredAsync(Start.AddSeconds(59), 3, Cancellation));
        Assert.Equal(3, await Jobs.DeleteExpiredAsync(Start.AddMinutes(1), 3, Cancellation));
        Assert.Equal(2, await Jobs.DeleteExpiredAsync(Start.AddMinutes(1), 3, Cancellation));
        Assert.Equal([unfinished.Id], await IdsAsync(All));
        Assert.Equal(0, await CountBlobsAsync());
    }

    [Fact]
    public async Task Blobs_know_their_owners()
    {
        await AddAsync(body: new byte[50_000]);
        var blobs = Storage.Get<IBlobStore>();
        var orphan = await blobs.PutAsync(new byte[] { 1 }, Cancellation);
        var names = await blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(2, names.Count);
        Assert.Equal([orphan], names.Except(await Jobs.OwnedBlobsAsync(names, Cancellation)));
    }

    [Fact]
    public async Task A_lost_blob_is_told_for_its_own_request_only()
    {
        var lost = await AddAsync(body: new byte[50_000]);
        var other = await AddAsync(body: new byte[60_000]);
        var blobs = Storage.Get<IBlobStore>();
        foreach (var name in await blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).ToListAsync(Cancellation))
        {
            await using var blob = await blobs.OpenAsync(name, Cancellation);
            if (blob!.Length == 50_000)
            {
                await blobs.DeleteAsync(name, Cancellation);
            }
        }

        var exception = await Assert.ThrowsAsync<StorageException>(async () => await Jobs.ReadBodyAsync(lost.Id, Cancellation));
        Assert.Equal("storage_damaged", exception.Fault.Code);
        Assert.Equal(60_000, (await Jobs.ReadBodyAsync(other.Id, Cancellation))!.Value.Length);
    }

    private static JobFilter All => new("alpha", new PageQuery(null, 100));

    private static JobResult Completed(byte[] body) => new() { Status = JobStatus.Completed, Body = body };

    private async Task<Job> AddAsync(Job? job = null, byte[]? body = null)
    {
        job ??= NewJob();
        await Jobs.AddAsync(job, body ?? [], Cancellation);
        return job;
    }

    private ValueTask<IReadOnlyList<Job>> ClaimAsync() => Jobs.ClaimAsync("me", new ClaimRoom(10, 10), Start, Start.AddMinutes(1), Cancellation);

    private async Task<List<string>> IdsAsync(JobFilter filter) => [.. (await Jobs.ListAsync(filter, Cancellation)).Items.Select(job => job.Id)];

    private async Task<int> CountBlobsAsync() => await Storage.Get<IBlobStore>().ListAsync(DateTimeOffset.MaxValue, Cancellation).CountAsync(Cancellation);

    internal static Job NewJob(int second = 0) => new()
    {
        Id = NewId(Job.IdPrefix, second),
        Kind = "request",
        Namespace = "alpha",
        KeyId = "key_1",
        Endpoint = "/v1/chat/completions",
        Model = "m",
        CreatedAt = Start.AddSeconds(second),
        Deadline = Start.AddDays(1),
        Retention = TimeSpan.FromHours(1),
    };
}
