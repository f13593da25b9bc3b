using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Requests;

/// <summary>The gateway is killed between the claim of an idempotency key and the answer, and the client retries.</summary>
public sealed class RetryAfterCrashTests : IDisposable
{
    private const string ApiKey = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private readonly string _data = Directory.CreateTempSubdirectory("resultity-retry-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("respond-async")]
    public async Task A_retry_after_a_kill_is_answered_once_and_again_the_same(string? prefer)
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=60s");
        using (var first = await UpProcess.StartAsync(_data, ApiKey, upstream.Address, Cancellation))
        {
            using var client = ClientOf(first);
            var lost = PostAsync(client, prefer);
            await upstream.WaitForAsync("running", 1);
            await first.KillAsync();
            if (prefer is null)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => lost);
            }
        }

        await upstream.SetAsync("latency=0");
        using var second = await UpProcess.StartAsync(_data, ApiKey, upstream.Address, Cancellation);
        using var again = ClientOf(second);
        var (answer, id, _) = await PostAsync(again, prefer);
        var replay = await PostAsync(again, prefer);
        Assert.Equal((answer, id, true), replay);
        if (prefer is not null)
        {
            Assert.Equal("completed", JsonElement.Parse(await again.GetStringAsync($"/v1/requests/{id}?wait=60", Cancellation)).GetProperty("status").GetString());
            Assert.Equal(1, JsonElement.Parse(await again.GetStringAsync("/v1/requests", Cancellation)).GetProperty("data").GetArrayLength());
        }
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static HttpClient ClientOf(UpProcess gateway)
    {
        var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        return client;
    }

    private static async Task<(string Body, string Id, bool IsReplay)> PostAsync(HttpClient client, string? prefer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Add("Idempotency-Key", "order-42");
        if (prefer is not null)
        {
            request.Headers.Add("Prefer", prefer);
        }

        request.Content = new StringContent("""{"model":"stub-model","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body);
        return (body, response.Headers.GetValues("x-request-id").Single(), response.Headers.Contains("Idempotent-Replayed"));
    }
}
