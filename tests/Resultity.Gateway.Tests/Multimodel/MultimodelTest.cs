using System.Text.Json;
using Resultity.Gateway.Tests.Kit;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>A test with a gateway and three models, each on an upstream of its own.</summary>
public abstract class MultimodelTest : IAsyncLifetime
{
    internal const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"alpha beta gamma\"}]";

    internal TestGateway Gateway { get; private set; } = null!;

    internal FakeUpstreamProcess A { get; private set; } = null!;

    internal FakeUpstreamProcess B { get; private set; } = null!;

    internal FakeUpstreamProcess C { get; private set; } = null!;

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        A = await FakeUpstreamProcess.StartAsync("--chunks=5", "--model=a,judge,embed");
        B = await FakeUpstreamProcess.StartAsync("--chunks=5", "--model=b");
        C = await FakeUpstreamProcess.StartAsync("--chunks=5", "--model=c");
        // However slow the machine, a refusal keeps its status.
        Gateway = await TestGateway.StartAsync(static options => options.AcceptStreamsAfter = TimeSpan.FromMinutes(1));
        Gateway.AddNode("node-a", A, models: ["a", "judge", "embed"]);
        Gateway.AddNode("node-b", B, models: "b");
        Gateway.AddNode("node-c", C, models: "c");
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await A.DisposeAsync();
        await B.DisposeAsync();
        await C.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal async Task<HttpResponseMessage> PostAsync(string body, string path = "v1/chat/completions", bool stream = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = GatewayTest.Json(body) };
        return await Gateway.Http.SendAsync(request, stream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, Stop);
    }

    internal async Task<JsonElement> AskAsync(string fields, string path = "v1/chat/completions")
    {
        using var response = await PostAsync("{" + fields + "}", path);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    internal async Task<List<JsonElement>> StreamAsync(string fields, string path = "v1/chat/completions")
    {
        using var response = await PostAsync("{\"stream\":true," + fields + "}", path, stream: true);
        await using var reading = await SseReading.OpenAsync(response);
        await reading.ReadToEndAsync();
        return [.. reading.Events.Select(one => one.Data == "[DONE]" ? JsonElement.Parse("\"[DONE]\"") : JsonElement.Parse(one.Data))];
    }

    internal static string[] Statuses(JsonElement answer) =>
        [.. answer.GetProperty("multimodel").GetProperty("members").EnumerateArray().Select(static member => $"{member.GetProperty("model")} {member.GetProperty("status")}")];

    internal static string Text(JsonElement answer, int choice = 0) => answer.GetProperty("choices")[choice].GetProperty("message").GetProperty("content").GetString()!;
}
