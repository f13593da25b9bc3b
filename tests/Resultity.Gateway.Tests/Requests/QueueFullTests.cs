using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Tests.Requests;

public sealed class QueueFullTests : PollingTest
{
    internal override Task<TestGateway> StartGatewayAsync() =>
        TestGateway.StartAsync(services: services => services.AddSingleton(new JobOptions { MaxQueued = 0 }));

    [Fact]
    public async Task A_namespace_that_has_too_many_waiting_is_told_when_to_come_back()
    {
        using var response = await PostAsync("/v1/chat/completions", ChatBody, Async);
        await AssertErrorAsync(response, 503, "queue_full");
        Assert.Equal("30", response.Headers.GetValues("retry-after").Single());
        Assert.Equal("30000", response.Headers.GetValues("retry-after-ms").Single());
    }
}
