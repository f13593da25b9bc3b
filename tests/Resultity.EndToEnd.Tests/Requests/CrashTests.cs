using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Requests;

/// <summary>The gateway is killed in the middle of its work, again and again.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 4;
    private const string Key = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private readonly string _data = Directory.CreateTempSubdirectory("resultity-crash-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_acknowledged_request_is_lost_and_each_has_its_own_answer_once()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=30ms", "--echo=text");
        var accepted = new ConcurrentDictionary<string, string>();
        var number = 0;
        for (var round = 0; round < Kills; round++)
        {
            using var gateway = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation);
            using var client = ClientOf(gateway);
            var goal = accepted.Count + 40;
            var submitters = Enumerable.Range(0, 4).Select(async _ =>
            {
                while (await TrySubmitAsync(client, $"word{Interlocked.Increment(ref number)}", accepted))
                {
                }
            }).ToList();

            // Jobs are running and being submitted when it dies.
            await UntilAsync(() => accepted.Count >= goal);
            await gateway.KillAsync();
            await Task.WhenAll(submitters);
        }

        using var last = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation);
        using var reader = ClientOf(last);
        foreach (var (id, word) in accepted)
        {
            var request = await GetAsync(reader, $"/v1/requests/{id}?wait=60");
            Assert.True(request.GetProperty("status").GetString() == "completed", $"{id}: {request.GetRawText()}");
            var answer = await GetAsync(reader, $"/v1/requests/{id}/response");
            Assert.Equal(word, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Trim().Split(' ')[0]);
        }

        var listed = await ListAsync(reader);
        Assert.Equal(listed.Count, listed.Distinct().Count());
        Assert.Empty(accepted.Keys.Except(listed));
        Assert.True(accepted.Count >= Kills * 40);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static HttpClient ClientOf(UpProcess gateway)
    {
        var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    /// <returns><see langword="false"/> if the gateway is gone.</returns>
    private static async Task<bool> TrySubmitAsync(HttpClient client, string word, ConcurrentDictionary<string, string> accepted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Add("Prefer", "respond-async");
        request.Content = new StringContent($$"""{"model":"stub-model","messages":[{"role":"user","content":"{{word}}"}]}""", Encoding.UTF8, "application/json");
        try
        {
            using var response = await client.SendAsync(request, Cancellation);
            var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            Assert.True((int)response.StatusCode == 202, body.GetRawText());
            accepted[body.GetProperty("id").GetString()!] = word;
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path) => JsonElement.Parse(await client.GetStringAsync(path, Cancellation));

    private static async Task<List<string>> ListAsync(HttpClient client)
    {
        var ids = new List<string>();
        for (var page = await GetAsync(client, "/v1/requests?limit=100"); ; page = await GetAsync(client, $"/v1/requests?limit=100&after={ids[^1]}"))
        {
            ids.AddRange(page.GetProperty("data").EnumerateArray().Select(request => request.GetProperty("id").GetString()!));
            if (!page.GetProperty("has_more").GetBoolean())
            {
                return ids;
            }
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
