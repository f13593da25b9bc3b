using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>A test with a gateway and one upstream behind it.</summary>
public abstract class GatewayTest : IAsyncLifetime
{
    internal const string ChatBody = """{"model":"stub-model","messages":[{"role":"user","content":"Hello"}]}""";

    internal FakeUpstreamProcess Upstream { get; private set; } = null!;

    internal TestGateway Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Upstream = await FakeUpstreamProcess.StartAsync("--chunks=5");
        Gateway = await StartGatewayAsync();
        Gateway.AddNode("node-a", Upstream);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static string Streamed(string more = "") => $$"""{"model":"stub-model","stream":true{{more}},"messages":[{"role":"user","content":"Hello"}]}""";

    internal virtual Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync();

    internal static StringContent Json(string body) => new(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json"));

    internal Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, HttpCompletionOption.ResponseContentRead, headers);

    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body, HttpCompletionOption completion, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Gateway.Http.SendAsync(request, completion, TestContext.Current.CancellationToken);
    }

    /// <summary>Asserts that a response is an error of the API: its shape, its headers and its code.</summary>
    internal static async Task<JsonElement> AssertErrorAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        var error = AssertShape(text);
        Assert.Equal(code, error.GetProperty("code").GetString());
        return error;
    }

    /// <summary>Asserts that a text is an error in OpenAI's shape, with all four fields and nothing of the implementation in it.</summary>
    internal static JsonElement AssertShape(string text)
    {
        using var document = JsonDocument.Parse(text);
        var error = document.RootElement.GetProperty("error").Clone();
        Assert.Equal(JsonValueKind.String, error.GetProperty("message").ValueKind);
        Assert.Equal(JsonValueKind.String, error.GetProperty("type").ValueKind);
        Assert.Equal(JsonValueKind.String, error.GetProperty("code").ValueKind);
        Assert.True(error.GetProperty("param").ValueKind is JsonValueKind.String or JsonValueKind.Null);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        return error;
    }
}
