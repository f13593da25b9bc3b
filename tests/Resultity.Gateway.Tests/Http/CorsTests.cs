using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Http;

public sealed class CorsTests : GatewayTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(options => options.CorsOrigins = ["https://app.example.org"]);

    [Fact]
    public async Task A_browser_of_an_allowed_origin_may_ask()
    {
        using var preflight = await SendAsync(HttpMethod.Options, "/v1/chat/completions", null, HttpCompletionOption.ResponseContentRead,
            ("Origin", "https://app.example.org"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type"));
        Assert.Equal(204, (int)preflight.StatusCode);
        Assert.Equal("https://app.example.org", preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        using var answer = await PostAsync("/v1/chat/completions", ChatBody, ("Origin", "https://app.example.org"));
        Assert.Equal("https://app.example.org", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task A_browser_of_another_origin_may_not()
    {
        using var answer = await PostAsync("/v1/chat/completions", ChatBody, ("Origin", "https://evil.example.org"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
