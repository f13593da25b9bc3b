using Resultity.Gateway.Hosting;

namespace Resultity.Gateway.Tests.Admin;

public sealed class FirstKeyTests
{
    [Fact]
    public async Task A_changed_key_in_the_environment_replaces_the_one_before()
    {
        const string Changed = "rk_another-one-for-tests";
        var first = await AdminGateway.StartAsync();
        await first.StopAsync();
        await using var second = await AdminGateway.StartAsync(first.Folder, api: Changed);
        using var old = second.Client(AdminGateway.ApiKey);
        using var renewed = second.Client(Changed);
        Assert.Equal(401, (await second.SendAsync(HttpMethod.Get, "v1/models", client: old)).Status);
        Assert.Equal(200, (await second.SendAsync(HttpMethod.Get, "v1/models", client: renewed)).Status);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("rk_with spaces in it, so not a key")]
    [InlineData("rk_with-an-umlaut-ä-in-it")]
    public async Task A_key_that_cannot_be_one_is_refused_at_the_start(string key)
    {
        var wrong = await Assert.ThrowsAsync<GatewayStartException>(() => AdminGateway.StartAsync(api: key));
        Assert.Contains("RESULTITY_API_KEY", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_in_the_environment_does_not_come_back()
    {
        var first = await AdminGateway.StartAsync();
        var (_, keys) = await first.SendAsync(HttpMethod.Get, "admin/v1/keys?namespace=default");
        await first.SendAsync(HttpMethod.Delete, $"admin/v1/keys/{keys["data"]![0]!["id"]}");
        await first.StopAsync();
        var wrong = await Assert.ThrowsAsync<GatewayStartException>(() => AdminGateway.StartAsync(first.Folder));
        Assert.Contains("revoked", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draining_gateway_says_so_and_refuses_new_requests_with_a_time_to_retry()
    {
        await using var gateway = await AdminGateway.StartAsync();
        using var user = gateway.Client(AdminGateway.ApiKey);
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, "readyz", client: user)).Status);
        await gateway.Host.DrainAsync(CancellationToken.None);
        var (status, body) = await gateway.SendAsync(HttpMethod.Get, "readyz", client: user);
        Assert.Equal(503, status);
        Assert.Equal("stopping", (string?)body["status"]);
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, "healthz", client: user)).Status);
        using var refused = await user.GetAsync(new Uri("v1/models", UriKind.Relative));
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
    }
}
