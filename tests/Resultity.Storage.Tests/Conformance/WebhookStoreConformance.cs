using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class WebhookStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IWebhookStore Webhooks => Storage.Get<IWebhookStore>();

    private IJobStore Jobs => Storage.Get<IJobStore>();

    [Fact]
    public async Task The_end_of_a_job_and_its_event_are_one_write()
    {
        var webhook = await AddAsync();
        var job = await ClaimedJobAsync();
        Assert.Empty(await TakeAsync());
        Assert.True(await Jobs.FinishAsync(job.Id, 1, new JobResult { Status = JobStatus.Failed, Fault = Fault.Cancelled }, Start, Cancellation));
        var delivery = Assert.Single(await TakeAsync());
        Assert.Equal((webhook.Id, "request.failed", job.Id, 1), (delivery.WebhookId, delivery.Type, delivery.ObjectId, delivery.Attempts));

        // A result that comes too late writes no event.
        Assert.False(await Jobs.FinishAsync(job.Id, 1, new JobResult { Status = JobStatus.Completed }, Start, Cancellation));
        Assert.Single((await Webhooks.ListDeliveriesAsync("alpha", webhook.Id, new PageQuery(null, 10), Cancellation)).Items);
    }

    [Fact]
    public async Task A_job_that_is_cancelled_before_it_runs_has_an_event_as_well()
    {
        await AddAsync();
        var job = NewJob();
        await Jobs.AddAsync(job, new byte[] { 1 }, Cancellation);
        await Jobs.CancelAsync("alpha", job.Id, Start, Cancellation);
        Assert.Equal("request.aborted", Assert.Single(await TakeAsync()).Type);
    }

    [Fact]
    public async Task Receivers_get_what_they_asked_for_while_they_are_enabled()
    {
        var wants = await AddAsync(["request.completed", "batch.failed"]);
        await AddAsync(["request.failed"]);
        await Webhooks.PutAsync((await AddAsync()) with { IsEnabled = false }, Cancellation);
        await Webhooks.EnqueueAsync(new WebhookEvent("alpha", "request.completed", "req_1", Start, "https://example.com/own"), null, Cancellation);
        await Webhooks.EnqueueAsync(new WebhookEvent("beta", "request.completed", "req_2", Start), null, Cancellation);
        var taken = await TakeAsync();
        Assert.Equal(["https://example.com/own", wants.Id], taken.Select(static delivery => delivery.WebhookId).Order(StringComparer.Ordinal));
        Assert.Single(taken.Select(static delivery => delivery.EventId).Distinct());
    }

    [Fact]
    public async Task What_is_taken_is_nobody_elses_until_the_lease_ends()
    {
        await AddAsync();
        await Webhooks.EnqueueAsync(new WebhookEvent("alpha", "request.completed", "req_1", Start), null, Cancellation);
        Assert.Single(await TakeAsync());
        Assert.Empty(await TakeAsync());
        Assert.Equal(2, Assert.Single(await TakeAsync(Start.AddMinutes(2))).Attempts);
    }

    [Fact]
    public async Task One_receiver_takes_no_more_than_its_share()
    {
        var slow = await AddAsync(["request.failed"]);
        var fast = await AddAsync(["request.completed"]);
        for (var i = 0; i < 10; i++)
        {
            await Webhooks.EnqueueAsync(new WebhookEvent("alpha", "request.failed", $"req_{i}", Start), null, Cancellation);
        }

        await Webhooks.EnqueueAsync(new WebhookEvent("alpha", "request.completed", "req_x", Start), null, Cancellation);
        var taken = await TakeAsync();
        Assert.Equal((4, 1), (taken.Count(delivery => delivery.WebhookId == slow.Id), taken.Count(delivery => delivery.WebhookId == fast.Id)));
        Assert.Empty(await Webhooks.TakeAsync(Start, Start.AddMinutes(1), 10, 4, [slow.Id], Cancellation));
    }

    [Fact]
    public async Task A_try_that_failed_comes_again_and_one_that_ended_is_kept_as_a_log_for_a_while()
    {
        var webhook = await AddAsync();
        await Webhooks.EnqueueAsync(new WebhookEvent("alpha", "request.completed", "req_1", Start), null, Cancellation);
        await Webhooks.RecordAsync(Assert.Single(await TakeAsync()), new WebhookOutcome(500, "broken", Start.AddMinutes(5)), Start.AddDays(7), Cancellation);
        Assert.Empty(await TakeAsync(Start.AddMinutes(4)));
        await Webhooks.RecordAsync(Assert.Single(await TakeAsync(Start.AddMinutes(6))), new WebhookOutcome(204, null, null), Start.AddDays(7), Cancellation);
        var log = Assert.Single((await Webhooks.ListDeliveriesAsync("alpha", webhook.Id, new PageQuery(null, 10), Cancellation)).Items);
        Assert.Equal(("delivered", 2, 204), (log.Status, log.Attempts, log.ResponseStatus));
        Assert.Equal("pending", (await Webhooks.ReplayAsync("alpha", log.Id, Start.AddDays(1), Cancellation))!.Status);
        var again = Assert.Single(await TakeAsync(Start.AddDays(1)));
        await Webhooks.RecordAsync(again, new WebhookOutcome(410, "gone", null, IsGone: true), Start.AddDays(7), Cancellation);
        Assert.False((await Webhooks.GetAsync("alpha", webhook.Id, Cancellation))!.IsEnabled);
        Assert.Equal(1, await Webhooks.DeleteExpiredAsync(Start.AddDays(8), 10, Cancellation));
    }

    [Fact]
    public async Task Namespaces_do_not_see_each_others_webhooks()
    {
        var webhook = await AddAsync();
        Assert.Null(await Webhooks.GetAsync("beta", webhook.Id, Cancellation));
        Assert.False(await Webhooks.DeleteAsync("beta", webhook.Id, Cancellation));
        Assert.Empty((await Webhooks.ListAsync("beta", new PageQuery(null, 10), Cancellation)).Items);
        Assert.Equal(webhook.Secret, (await Webhooks.GetAsync("alpha", webhook.Id, Cancellation))!.Secret);
    }

    [Fact]
    public async Task The_ledger_balances_and_says_so_when_it_does_not()
    {
        var job = await ClaimedJobAsync();
        UsageEntry[] charges = [new("alpha", "key_1", "m", InferenceEndpoint.ChatCompletions, "n1", new Usage(3, 4), false)];
        await Jobs.FinishAsync(job.Id, 1, new JobResult { Status = JobStatus.Completed, Usage = new Usage(3, 4), Charges = charges }, Start, Cancellation);
        Assert.Equal(new LedgerCheck(0, 0, 0), await Storage.Get<IUsageStore>().CheckAsync(null, Cancellation));

        var wrong = await ClaimedJobAsync();
        await Jobs.FinishAsync(wrong.Id, 1, new JobResult { Status = JobStatus.Completed, Usage = new Usage(30, 4), Charges = charges }, Start, Cancellation);
        var check = await Storage.Get<IUsageStore>().CheckAsync(null, Cancellation);
        Assert.Equal(new LedgerCheck(0, 1, 0), check);
        Assert.False(check.IsBalanced);
        Assert.Equal(check, await Storage.Get<IUsageStore>().CheckAsync(Start.AddMinutes(-1), Cancellation));
        Assert.True((await Storage.Get<IUsageStore>().CheckAsync(Start.AddMinutes(1), Cancellation)).IsBalanced, "what is older than asked for was compared");
    }

    private static Job NewJob() => new()
    {
        Id = Id.New(Job.IdPrefix, TimeProvider.System),
        Kind = "request",
        Namespace = "alpha",
        KeyId = "key_1",
        Endpoint = "/v1/chat/completions",
        Model = "m",
        CreatedAt = Start,
        Deadline = Start.AddHours(1),
        Retention = TimeSpan.FromHours(1),
    };

    private async Task<Job> ClaimedJobAsync()
    {
        var job = NewJob();
        await Jobs.AddAsync(job, new byte[] { 1 }, Cancellation);
        return Assert.Single(await Jobs.ClaimAsync("owner", new ClaimRoom(10, 10), Start, Start.AddMinutes(1), Cancellation));
    }

    private async Task<Webhook> AddAsync(IReadOnlyList<string>? events = null)
    {
        var webhook = new Webhook
        {
            Id = Id.New(Webhook.IdPrefix, TimeProvider.System),
            Namespace = "alpha",
            Url = "https://example.com/hooks",
            Events = events ?? [],
            Secret = "whsec_c2VjcmV0",
            CreatedAt = Start,
        };
        await Webhooks.PutAsync(webhook, Cancellation);
        return webhook;
    }

    private ValueTask<IReadOnlyList<WebhookDelivery>> TakeAsync(DateTimeOffset? at = null) =>
        Webhooks.TakeAsync(at ?? Start, (at ?? Start).AddMinutes(1), 20, 4, [], Cancellation);
}
