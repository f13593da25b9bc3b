using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Requests;

/// <summary>A test that submits requests and looks at them.</summary>
public abstract class PollingTest : GatewayTest
{
    internal static readonly (string, string) Async = ("Prefer", "respond-async");

    internal async Task<JsonElement> SubmitAsync(string body = ChatBody, string path = "/v1/chat/completions", params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync(path, body, [Async, .. headers]);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.Accepted, $"{(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    internal async Task<(int Status, JsonElement Body)> GetAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseContentRead);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    internal async Task<JsonElement> FinishedAsync(JsonElement submitted)
    {
        var (status, body) = await GetAsync($"{Url(submitted)}?wait=20");
        Assert.True(status == 200, $"After 20 s the request is {Status(body)}; it should have ended.");
        return body;
    }

    internal Task<HttpResponseMessage> AnswerAsync(JsonElement submitted) =>
        SendAsync(HttpMethod.Get, $"{Url(submitted)}/response", null, HttpCompletionOption.ResponseContentRead);

    internal async Task<SseReading> FollowAsync(JsonElement submitted, long? after = null) => await SseReading.OpenAsync(await SendAsync(
        HttpMethod.Get, $"{Url(submitted)}/events", null, HttpCompletionOption.ResponseHeadersRead,
        after is { } last ? [("Last-Event-ID", last.ToString(System.Globalization.CultureInfo.InvariantCulture))] : []));

    internal static string Url(JsonElement request) => request.GetProperty("status_url").GetString()!;

    internal static string Id(JsonElement request) => request.GetProperty("id").GetString()!;

    internal static string Status(JsonElement request) => request.GetProperty("status").GetString()!;
}
