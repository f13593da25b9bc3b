using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Batches;

/// <summary>A batch runs as its key: with the key's limits, and no longer than the key is valid.</summary>
public sealed class BatchKeyTests : BatchTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(
        services: static services => services.AddSingleton(new JobOptions { Lease = TimeSpan.FromSeconds(3), RetryPause = TimeSpan.FromMilliseconds(100) }));

    [Fact]
    public async Task The_lines_that_are_left_when_the_key_is_revoked_fail_for_that_reason()
    {
        await Upstream.SetAsync("latency=200ms");
        var batch = await SubmitAsync(Lines(3000));
        await UntilAsync(batch, static now => Count(now, "completed") > 0);
        var keys = Gateway.Services.GetRequiredService<IApiKeyStore>();
        var key = (await keys.ListAsync("tests", new PageQuery(null, 1), Cancellation)).Items[0];
        await keys.RevokeAsync(key.Id, TimeProvider.System.GetUtcNow(), Cancellation);

        using var reader = Gateway.ClientWith(await Gateway.AddKeyAsync("tests"));
        var end = Parse(await reader.GetStringAsync($"/v1/batches/{Id(batch)}?wait=60", Cancellation));
        Assert.Equal(("completed", 3000), (Status(end), Count(end, "completed") + Count(end, "failed")));
        var left = ByCustomId(await reader.GetStringAsync($"/v1/batches/{Id(batch)}/results?status=failed", Cancellation));
        Assert.NotEmpty(left);
        Assert.All(left.Values, static line =>
        {
            Assert.Equal(401, line.GetProperty("response").GetProperty("status_code").GetInt32());
            Assert.Equal("invalid_api_key", line.GetProperty("response").GetProperty("body").GetProperty("error").GetProperty("code").GetString());
        });
    }

    [Fact]
    public async Task A_batch_waits_for_its_keys_rate_and_leaves_half_of_it_to_interactive_requests()
    {
        var secret = await Gateway.AddKeyAsync("limited", static key => key with { Limits = new RateLimits(600, 0) });
        using var client = Gateway.ClientWith(secret);
        var file = await UploadAsync(Lines(320), client: client);
        using var created = await client.PostAsync("/v1/batches", Json($$"""{"input_file_id":"{{file}}","endpoint":"/v1/chat/completions","completion_window":"24h"}"""), Cancellation);
        var id = Id(Parse(await created.Content.ReadAsStringAsync(Cancellation)));
        while (Count(Parse(await client.GetStringAsync($"/v1/batches/{id}", Cancellation)), "completed") < 300)
        {
            await Task.Delay(20, Cancellation);
        }

        for (var i = 0; i < 100; i++)
        {
            using var interactive = await client.PostAsync("/v1/chat/completions", Json(ChatBody), Cancellation);
            Assert.True(interactive.IsSuccessStatusCode, $"request {i}: {await interactive.Content.ReadAsStringAsync(Cancellation)}");
        }

        using var cancel = await client.PostAsync($"/v1/batches/{id}/cancel", null, Cancellation);
        Assert.True(cancel.IsSuccessStatusCode || (int)cancel.StatusCode == 409);
    }
}
