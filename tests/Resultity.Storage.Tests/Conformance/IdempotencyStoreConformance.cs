using Resultity.Contracts.Values;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class IdempotencyStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IIdempotencyStore Keys => Storage.Get<IIdempotencyStore>();

    [Fact]
    public async Task A_key_is_claimed_once_and_then_has_its_answer()
    {
        var claim = (await ClaimAsync("req_1", "a")).Claim!;
        Assert.False(claim.IsTakeover);
        Assert.True((await ClaimAsync("req_2", "b")).IsHeld);
        var answer = Answer(new byte[100_000]);
        Assert.True(await Keys.FinishAsync(claim, answer, Cost(claim, 5), Cancellation));
        var read = (await ClaimAsync("req_3", "b")).Answer!;
        Assert.Equal(answer.Status, read.Status);
        Assert.Equal(answer.Headers, read.Headers);
        Assert.Equal(answer.Body.ToArray(), read.Body.ToArray());
        Assert.Equal(5, await ChargedAsync());
    }

    [Fact]
    public async Task Another_fingerprint_is_told_apart_whether_there_is_an_answer_or_not()
    {
        var claim = (await ClaimAsync("req_1", "a")).Claim!;
        Assert.True((await ClaimAsync("req_2", "b", fingerprint: "other")).IsReused);
        await Keys.FinishAsync(claim, Answer([1]), Cost(claim, 1), Cancellation);
        Assert.True((await ClaimAsync("req_2", "b", fingerprint: "other")).IsReused);
    }

    [Fact]
    public async Task The_claim_of_a_dead_owner_is_taken_over_with_its_identifier_and_the_dead_one_records_nothing()
    {
        var dead = (await ClaimAsync("req_1", "a")).Claim!;
        var taken = (await ClaimAsync("req_2", "b", at: Start.AddMinutes(1))).Claim!;
        Assert.True(taken.IsTakeover);
        Assert.Equal("req_1", taken.RequestId);
        Assert.False(await Keys.FinishAsync(dead, Answer([1]), Cost(dead, 5), Cancellation));
        Assert.False(await Keys.ReleaseAsync(dead, Cost(dead, 5), Cancellation));
        Assert.True(await Keys.FinishAsync(taken, Answer([2]), Cost(taken, 7), Cancellation));
        Assert.Equal([2], (await ClaimAsync("req_3", "c")).Answer!.Body.ToArray());
        Assert.Equal(7, await ChargedAsync());
    }

    [Fact]
    public async Task A_renewed_lease_holds_and_an_ended_one_is_free_at_once()
    {
        await ClaimAsync("req_1", "a");
        await Keys.RenewAsync("a", Start.AddMinutes(2), Cancellation);
        Assert.True((await ClaimAsync("req_2", "b", at: Start.AddMinutes(1))).IsHeld);
        Assert.Equal(1, await Keys.EndLeasesAsync("a", Cancellation));
        Assert.NotNull((await ClaimAsync("req_2", "b", at: Start.AddMinutes(1))).Claim);
    }

    [Fact]
    public async Task A_key_that_was_given_up_is_new_for_the_next_and_its_old_holder_records_nothing()
    {
        var first = (await ClaimAsync("req_1", "a")).Claim!;
        Assert.True(await Keys.ReleaseAsync(first, Cost(first, 2), Cancellation));
        var second = (await ClaimAsync("req_2", "b", fingerprint: "other")).Claim!;
        Assert.Equal(("req_2", 1), (second.RequestId, second.Attempt));
        Assert.False(await Keys.FinishAsync(first, Answer([1]), Cost(first, 2), Cancellation));
        Assert.Equal(2, await ChargedAsync());
    }

    [Fact]
    public async Task An_expired_key_is_new_again_and_is_deleted_with_its_blob()
    {
        var claim = (await ClaimAsync("req_1", "a")).Claim!;
        await Keys.FinishAsync(claim, Answer(new byte[100_000]), Cost(claim, 1), Cancellation);
        var late = Start.AddDays(2);
        var again = (await ClaimAsync("req_2", "a", at: late, fingerprint: "other")).Claim!;
        Assert.Equal("req_2", again.RequestId);
        await Keys.FinishAsync(again, Answer(new byte[100_000]), Cost(again, 1), Cancellation);
        Assert.Equal(0, await Keys.DeleteExpiredAsync(late, 10, Cancellation));
        Assert.Equal(1, await Keys.DeleteExpiredAsync(late.AddDays(2), 10, Cancellation));
        Assert.NotNull((await ClaimAsync("req_3", "a", at: late)).Claim);
    }

    [Fact]
    public async Task Of_many_that_claim_at_the_same_time_one_gets_the_key()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => ClaimAsync($"req_{i}", $"owner{i}")));
        Assert.Single(outcomes, static outcome => outcome.Claim is not null);
        Assert.Equal(15, outcomes.Count(static outcome => outcome.IsHeld));
    }

    /// <summary>Any order of claims, crashes, late answers and releases: one answer that never changes, and one charge for it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_happens_there_is_one_answer_and_one_charge(int seed)
    {
        var random = new Random(seed);
        var now = Start;
        List<KeyClaim> claims = [];
        byte? answered = null;
        for (var step = 0; step < 200; step++)
        {
            now += TimeSpan.FromSeconds(random.Next(20));
            if (random.Next(2) == 0 || claims.Count == 0)
            {
                var outcome = await Keys.ClaimAsync(new KeyedRequest("alpha", "k", "f", $"req_{step}"), $"owner{step}", now, now.AddSeconds(30), Start.AddDays(1), Cancellation);
                Assert.False(outcome.IsReused);
                Assert.Equal(answered, outcome.Answer?.Body.Span[0]);
                if (outcome.Claim is { } claim)
                {
                    Assert.Null(answered);
                    claims.Add(claim);
                }
            }
            else if (step > 60)
            {
                // A late one, or the latest.
                var claim = claims[random.Next(claims.Count)];
                if (await Keys.FinishAsync(claim, Answer([(byte)step]), Cost(claim, 10), Cancellation))
                {
                    Assert.Null(answered);
                    Assert.Equal(claims[^1], claim);
                    answered = (byte)step;
                }
            }
        }

        Assert.NotNull(answered);
        Assert.Equal(10, await ChargedAsync());
    }

    private static KeptAnswer Answer(byte[] body) => new(200, [KeyValuePair.Create("Content-Type", "application/json"), KeyValuePair.Create("x-request-id", "req_1")], body);

    private static UsagePosting Cost(KeyClaim claim, long tokens) =>
        UsagePosting.Of(claim.RequestId, [new UsageEntry("alpha", "key_1", "m", InferenceEndpoint.ChatCompletions, "n1", new Usage(tokens, 0), false)], Start);

    private async Task<KeyClaimOutcome> ClaimAsync(string id, string owner, DateTimeOffset? at = null, string fingerprint = "f")
    {
        var now = at ?? Start;
        return await Keys.ClaimAsync(new KeyedRequest("alpha", "k", fingerprint, id), owner, now, now.AddSeconds(30), now.AddDays(1), Cancellation);
    }

    private async Task<long> ChargedAsync() =>
        (await Storage.Get<IUsageStore>().QueryAsync(new UsageQuery(Start.AddMinutes(-1), Start.AddHours(1)), Cancellation)).Sum(static row => row.InputTokens);
}
