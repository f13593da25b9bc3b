using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Tests.Files;

public sealed class FileLimitTests : GatewayTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(
        services: static services => services.AddSingleton(new FileRules { MaxFileBytes = 200_000, MaxBatchFileBytes = 100_000, MaxNamespaceBytes = 250_000 }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_above_its_purposes_limit_is_refused_wherever_the_purpose_stands(bool purposeFirst)
    {
        using var refused = await PostAsync("batch", 100_001, purposeFirst);
        var error = await AssertErrorAsync(refused, 413, "request_too_large");
        Assert.Contains("100000", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        using var taken = await PostAsync("batch", 100_000, purposeFirst);
        Assert.True(taken.IsSuccessStatusCode);
        using var large = await PostAsync("user_data", 3_000_000, purposeFirst);
        await AssertErrorAsync(large, 413, "request_too_large");
    }

    [Fact]
    public async Task A_namespace_that_keeps_too_much_is_told_what_to_do()
    {
        using var first = await PostAsync("user_data", 150_000, purposeFirst: true);
        Assert.True(first.IsSuccessStatusCode);
        using var second = await PostAsync("user_data", 150_000, purposeFirst: true);
        await AssertErrorAsync(second, 403, "storage_quota_exceeded");
        var listed = JsonElement.Parse(await Gateway.Http.GetStringAsync("/v1/files", TestContext.Current.CancellationToken));
        Assert.Single(listed.GetProperty("data").EnumerateArray());
    }

    private async Task<HttpResponseMessage> PostAsync(string purpose, int bytes, bool purposeFirst)
    {
        var form = new MultipartFormDataContent();
        if (purposeFirst)
        {
            form.Add(new StringContent(purpose), "purpose");
        }

        form.Add(new ByteArrayContent(new byte[bytes]), "file", "a.bin");
        if (!purposeFirst)
        {
            form.Add(new StringContent(purpose), "purpose");
        }

        return await Gateway.Http.PostAsync("/v1/files", form, TestContext.Current.CancellationToken);
    }
}
