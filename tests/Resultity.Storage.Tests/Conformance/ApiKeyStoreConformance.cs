using Resultity.Serving.Admission;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class ApiKeyStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IApiKeyStore Keys => Storage.Get<IApiKeyStore>();

    [Fact]
    public async Task A_key_reads_as_it_was_added()
    {
        var hash = Secret.Hash(Secret.New(Secret.ApiKeyPrefix));
        var key = NewKey() with
        {
            ExpiresAt = Start.AddDays(1),
            Limits = new RateLimits(60, 1000),
            Weight = 2.5,
            AllowedModels = ["a", "b"],
            Scopes = ["inference", "admin"],
        };
        Assert.True(await Keys.AddAsync(key, hash, Cancellation));
        Assert.Equivalent(key, await Keys.FindAsync(hash, Start, Cancellation), strict: true);
        Assert.Equivalent(key, await Keys.GetAsync(key.Id, Cancellation), strict: true);
    }

    [Fact]
    public async Task Models_left_open_stay_open()
    {
        var key = NewKey();
        await Keys.AddAsync(key, "h", Cancellation);
        Assert.Null((await Keys.GetAsync(key.Id, Cancellation))!.AllowedModels);
    }

    [Fact]
    public async Task The_same_secret_is_added_once()
    {
        await Keys.AddAsync(NewKey(), "h", Cancellation);
        var second = NewKey();
        Assert.False(await Keys.AddAsync(second, "h", Cancellation));
        Assert.Null(await Keys.GetAsync(second.Id, Cancellation));
    }

    [Fact]
    public async Task Unknown_keys_are_not_found()
    {
        Assert.Null(await Keys.FindAsync("nothing", Start, Cancellation));
        Assert.Null(await Keys.GetAsync("key_nothing", Cancellation));
        Assert.Null(await Keys.RevokeAsync("key_nothing", Start, Cancellation));
        Assert.Null(await Keys.RotateAsync("key_nothing", "h", Start, Cancellation));
    }

    [Fact]
    public async Task A_revoked_key_is_found_as_revoked_and_stays_so()
    {
        var key = NewKey();
        await Keys.AddAsync(key, "h", Cancellation);
        await Keys.RevokeAsync(key.Id, Start, Cancellation);
        Assert.Equal(Start, (await Keys.RevokeAsync(key.Id, Start.AddHours(1), Cancellation))!.RevokedAt);
        Assert.False((await Keys.FindAsync("h", Start, Cancellation))!.IsValidAt(Start));
        Assert.Null(await Keys.RotateAsync(key.Id, "h2", Start, Cancellation));
        Assert.Empty(await Keys.LoadValidAsync(Start, Cancellation));
    }

    [Fact]
    public async Task After_a_rotation_the_old_secret_holds_until_its_grace_ends()
    {
        var key = NewKey();
        await Keys.AddAsync(key, "old", Cancellation);
        await Keys.RotateAsync(key.Id, "new", Start.AddHours(1), Cancellation);
        Assert.NotNull(await Keys.FindAsync("old", Start, Cancellation));
        Assert.Null(await Keys.FindAsync("old", Start.AddHours(1), Cancellation));
        Assert.Equal(key.Id, (await Keys.FindAsync("new", Start.AddHours(1), Cancellation))!.Id);
        Assert.Equal(["new"], (await Keys.LoadValidAsync(Start.AddHours(2), Cancellation)).Select(secret => secret.Hash));
    }

    [Fact]
    public async Task All_valid_secrets_load_with_their_keys()
    {
        var lasting = NewKey();
        var expiring = NewKey() with { ExpiresAt = Start.AddHours(1) };
        await Keys.AddAsync(lasting, "lasting", Cancellation);
        await Keys.AddAsync(expiring, "expiring", Cancellation);
        await Keys.RotateAsync(lasting.Id, "rotated", Start.AddMinutes(1), Cancellation);
        var now = await Keys.LoadValidAsync(Start, Cancellation);
        Assert.Equal(["expiring", "lasting", "rotated"], now.Select(secret => secret.Hash).Order());
        Assert.Equal(Start.AddMinutes(1), now.Single(secret => secret.Hash == "lasting").ValidUntil);
        Assert.Equal(["rotated"], (await Keys.LoadValidAsync(Start.AddHours(1), Cancellation)).Select(secret => secret.Hash));
    }

    [Fact]
    public async Task Last_use_only_moves_forward()
    {
        var key = NewKey();
        await Keys.AddAsync(key, "h", Cancellation);
        await Keys.TouchAsync([new(key.Id, Start.AddMinutes(5)), new("key_gone", Start)], Cancellation);
        await Keys.TouchAsync([new(key.Id, Start)], Cancellation);
        Assert.Equal(Start.AddMinutes(5), (await Keys.GetAsync(key.Id, Cancellation))!.LastUsedAt);
    }

    [Fact]
    public async Task Lists_go_page_by_page_in_both_directions()
    {
        var keys = Enumerable.Range(0, 5).Select(second => NewKey("alpha", second)).ToList();
        foreach (var key in keys)
        {
            await Keys.AddAsync(key, "h" + key.Id, Cancellation);
        }

        await Keys.AddAsync(NewKey("beta"), "other", Cancellation);
        var first = await Keys.ListAsync("alpha", new PageQuery(null, 3), Cancellation);
        Assert.Equal(keys.AsEnumerable().Reverse().Take(3).Select(key => key.Id), first.Items.Select(key => key.Id));
        Assert.True(first.HasMore);
        var rest = await Keys.ListAsync("alpha", new PageQuery(first.Items[^1].Id, 3), Cancellation);
        Assert.Equal([keys[1].Id, keys[0].Id], rest.Items.Select(key => key.Id));
        Assert.False(rest.HasMore);
        Assert.Equal(keys[0].Id, (await Keys.ListAsync("alpha", new PageQuery(null, 1, Ascending: true), Cancellation)).Items[0].Id);
        Assert.Equal(6, (await Keys.ListAsync(null, new PageQuery(null, 100), Cancellation)).Items.Count);
    }

    private static ApiKey NewKey(string @namespace = "default", int second = 0) => new()
    {
        Id = NewId(ApiKey.IdPrefix, second),
        Name = "test",
        Namespace = @namespace,
        Scopes = ["inference"],
        CreatedAt = Start.AddSeconds(second),
    };
}
