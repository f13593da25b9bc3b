using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cluster;

/// <summary>One of several gateways on a database: <c>resultity up</c> with an upstream of its own, and a client of it.</summary>
internal sealed class ClusterGateway : IAsyncDisposable
{
    private const string Key = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private readonly string _data = Directory.CreateTempSubdirectory("resultity-cluster-").FullName;
    private readonly ResultityProcess _process;

    private ClusterGateway(string database, string blobs, Uri upstream, string[] arguments) => _process = ResultityProcess.Start(
        ["up", "--port", "0", "--data", _data, "--builtin", "never", "--openai", $"{upstream},slots=8", .. arguments],
        new Dictionary<string, string>
        {
            ["RESULTITY_API_KEY"] = Key,
            ["RESULTITY__GATEWAY__DATABASE"] = database,
            ["RESULTITY__GATEWAY__BLOBS"] = blobs,
            ["RESULTITY__GATEWAY__JOB_LEASE"] = "3s",
        });

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromMinutes(2), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };

    public string Log => _process.Output + _process.Errors;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one; it is ready when the task ends.</summary>
    public static async Task<ClusterGateway> StartAsync(string database, string blobs, FakeUpstreamProcess upstream, params string[] arguments)
    {
        var gateway = new ClusterGateway(database, blobs, upstream.Address, arguments);
        var line = await gateway._process.LineAsync("is ready");
        gateway.Client.BaseAddress = new Uri(line.Split(' ').First(static word => word.StartsWith("http://", StringComparison.Ordinal))[..^"/v1".Length]);
        return gateway;
    }

    /// <summary>Submits a request whose answer is fetched later.</summary>
    public async Task<HttpResponseMessage> PostAsync(string model, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Add("Prefer", "respond-async");
        request.Content = new StringContent(JsonSerializer.Serialize(new { model, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json");
        return await Client.SendAsync(request, Cancellation);
    }

    /// <summary>Submits a request; asks again while the gateway does not know the model yet.</summary>
    /// <returns>Its identifier.</returns>
    public async Task<string> SubmitAsync(string model, string text = "hello")
    {
        while (true)
        {
            using var response = await PostAsync(model, text);
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            if (response.StatusCode == HttpStatusCode.Accepted) return JsonElement.Parse(body).GetProperty("id").GetString()!;
            Assert.True(response.StatusCode == HttpStatusCode.NotFound, body);
            await Task.Delay(100, Cancellation);
        }
    }

    /// <summary>Waits until a request has a status.</summary>
    public async Task<JsonElement> UntilAsync(string id, string status)
    {
        while (true)
        {
            var request = JsonElement.Parse(await Client.GetStringAsync($"/v1/requests/{id}?wait=5", Cancellation));
            if (request.GetProperty("status").GetString() == status) return request;
            Assert.True(request.GetProperty("status").GetString() is "queued" or "in_progress" or "cancelling", request.GetRawText());
        }
    }

    /// <summary>Submits a batch of one line for each model.</summary>
    /// <returns>Its identifier.</returns>
    public async Task<string> BatchAsync(params string[] models)
    {
        var requests = models.Select(static (model, number) => new { custom_id = $"line-{number}", body = new { model, messages = new[] { new { role = "user", content = "hello" } } } });
        using var content = new StringContent(JsonSerializer.Serialize(new { endpoint = "/v1/chat/completions", requests }), Encoding.UTF8, "application/json");
        using var response = await Client.PostAsync("/v1/batches", content, Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonElement.Parse(body).GetProperty("id").GetString()!;
    }

    /// <summary>Waits until a batch has a status.</summary>
    public async Task<JsonElement> UntilBatchAsync(string id, string status)
    {
        while (true)
        {
            var batch = JsonElement.Parse(await Client.GetStringAsync($"/v1/batches/{id}?wait=5", Cancellation));
            if (batch.GetProperty("status").GetString() == status) return batch;
            Assert.True(batch.GetProperty("status").GetString() is "validating" or "in_progress" or "finalizing" or "cancelling", batch.GetRawText());
        }
    }

    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    public Task<int> ExitAsync() => _process.ExitAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
