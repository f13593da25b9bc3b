using System.Globalization;
using System.Text;
using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Batches;

/// <summary>A test that submits batches and looks at them.</summary>
public abstract class BatchTest : GatewayTest
{
    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static string Chat(string id, string content = "Hello", string more = "") =>
        $$$"""{"custom_id":"{{{id}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"stub-model","messages":[{"role":"user","content":"{{{content}}}"}]{{{more}}}}}""";

    internal static string Lines(int count) => string.Join('\n', Enumerable.Range(1, count).Select(static number => Chat($"line-{number}")));

    internal async Task<string> UploadAsync(string content, string purpose = "batch", HttpClient? client = null)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(purpose), "purpose" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "file", "in.jsonl" },
        };
        using var response = await (client ?? Gateway.Http).PostAsync("/v1/files", form, Cancellation);
        return Parse(await response.Content.ReadAsStringAsync(Cancellation)).GetProperty("id").GetString()!;
    }

    internal async Task<JsonElement> SubmitAsync(string lines, string more = "", string endpoint = "/v1/chat/completions")
    {
        var file = await UploadAsync(lines);
        return await CreateAsync($$"""{"input_file_id":"{{file}}","endpoint":"{{endpoint}}","completion_window":"24h"{{more}}}""");
    }

    internal async Task<JsonElement> CreateAsync(string body, params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync("/v1/batches", body, headers);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        return Parse(text);
    }

    internal async Task<JsonElement> FinishedAsync(JsonElement batch)
    {
        var now = await GetAsync($"/v1/batches/{Id(batch)}?wait=30");
        Assert.True(Status(now) is "completed" or "failed" or "expired" or "cancelled", $"After 30 s the batch should have ended: {now.GetRawText()}");
        var counts = now.GetProperty("request_counts");
        Assert.Equal(counts.GetProperty("total").GetInt32(), counts.GetProperty("completed").GetInt32() + counts.GetProperty("failed").GetInt32());
        return now;
    }

    internal async Task<JsonElement> UntilAsync(JsonElement batch, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var now = await GetAsync($"/v1/batches/{Id(batch)}");
            if (condition(now))
            {
                return now;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    internal async Task<JsonElement> GetAsync(string path) => Parse(await Gateway.Http.GetStringAsync(path, Cancellation));

    /// <summary>The lines of one of a batch's files, by custom_id.</summary>
    internal async Task<Dictionary<string, JsonElement>> FileAsync(JsonElement batch, string file = "output_file_id") =>
        batch.GetProperty(file).GetString() is { } id ? ByCustomId(await Gateway.Http.GetStringAsync($"/v1/files/{id}/content", Cancellation)) : [];

    internal static Dictionary<string, JsonElement> ByCustomId(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(Parse).ToDictionary(static line => line.GetProperty("custom_id").GetString()!);

    internal static int Count(JsonElement batch, string which) => batch.GetProperty("request_counts").GetProperty(which).GetInt32();

    internal static string Id(JsonElement batch) => batch.GetProperty("id").GetString()!;

    internal static string Status(JsonElement batch) => batch.GetProperty("status").GetString()!;

    internal static JsonElement Parse(string json) => JsonElement.Parse(json);

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
