using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.EndToEnd.Tests.Requests;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Batches;

/// <summary>The gateway is killed in the middle of a batch, again and again.</summary>
public sealed class BatchCrashTests : IDisposable
{
    private const int Kills = 3;
    private const int Lines = 1200;
    private const string Key = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private readonly string _data = Directory.CreateTempSubdirectory("resultity-batch-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_line_has_its_own_answer_once_and_the_counts_and_the_usage_are_those_of_the_lines()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=20ms", "--echo=text");
        string id;
        using (var first = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation))
        {
            using var client = ClientOf(first);
            id = await SubmitAsync(client);
            await KillAtAsync(first, client, id, Lines / (Kills + 1));
        }

        for (var kill = 2; kill <= Kills; kill++)
        {
            using var gateway = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation);
            using var client = ClientOf(gateway);
            await KillAtAsync(gateway, client, id, Lines * kill / (Kills + 1));
        }

        using var last = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation);
        using var reader = ClientOf(last);
        var batch = await FinishedAsync(reader, id);
        Assert.Equal("completed", batch.GetProperty("status").GetString());
        var counts = batch.GetProperty("request_counts");
        Assert.Equal((Lines, Lines, 0), (counts.GetProperty("total").GetInt32(), counts.GetProperty("completed").GetInt32(), counts.GetProperty("failed").GetInt32()));

        var output = (await reader.GetStringAsync($"/v1/files/{batch.GetProperty("output_file_id").GetString()}/content", Cancellation))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line)).ToList();
        Assert.Equal(Lines, output.Select(static line => line.GetProperty("custom_id").GetString()).Distinct().Count());
        Assert.Equal(Lines, output.Count);
        Assert.All(output, static line =>
        {
            var answer = line.GetProperty("response").GetProperty("body").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
            Assert.Equal(line.GetProperty("custom_id").GetString(), answer.Trim().Split(' ')[0]);
        });
        Assert.Equal(
            output.Sum(static line => line.GetProperty("response").GetProperty("body").GetProperty("usage").GetProperty("completion_tokens").GetInt64()),
            batch.GetProperty("usage").GetProperty("output_tokens").GetInt64());
    }

    [Fact]
    public async Task A_stop_hands_the_batch_to_the_next_gateway_and_next_to_nothing_is_computed_twice()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--latency=20ms", "--echo=text");
        string id;
        using (var first = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation))
        {
            using var client = ClientOf(first);
            id = await SubmitAsync(client);
            await UntilAsync(client, id, static batch => batch.GetProperty("request_counts").GetProperty("completed").GetInt32() >= Lines / 3);
            await first.StopAsync();
        }

        using var second = await UpProcess.StartAsync(_data, Key, upstream.Address, Cancellation);
        using var reader = ClientOf(second);
        var counts = (await FinishedAsync(reader, id)).GetProperty("request_counts");
        Assert.Equal((Lines, 0), (counts.GetProperty("completed").GetInt32(), counts.GetProperty("failed").GetInt32()));
        Assert.InRange(await upstream.CountAsync("requests"), Lines, Lines + 16);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static async Task<string> SubmitAsync(HttpClient client)
    {
        var lines = string.Join('\n', Enumerable.Range(1, Lines).Select(static number =>
            $$$"""{"custom_id":"word{{{number}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"stub-model","messages":[{"role":"user","content":"word{{{number}}}"}]}}"""));
        var form = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "in.jsonl" } };
        using var uploaded = await client.PostAsync("/v1/files", form, Cancellation);
        var file = JsonElement.Parse(await uploaded.Content.ReadAsStringAsync(Cancellation)).GetProperty("id").GetString();
        using var created = await client.PostAsync(
            "/v1/batches",
            new StringContent($$"""{"input_file_id":"{{file}}","endpoint":"/v1/chat/completions","completion_window":"24h"}""", Encoding.UTF8, "application/json"), Cancellation);
        return JsonElement.Parse(await created.Content.ReadAsStringAsync(Cancellation)).GetProperty("id").GetString()!;
    }

    private static async Task KillAtAsync(UpProcess gateway, HttpClient client, string id, int completed)
    {
        await UntilAsync(client, id, batch => batch.GetProperty("request_counts").GetProperty("completed").GetInt32() >= completed);
        await gateway.KillAsync();
    }

    private static Task<JsonElement> FinishedAsync(HttpClient client, string id) =>
        UntilAsync(client, id, static batch => batch.GetProperty("status").GetString() is "completed" or "failed" or "expired" or "cancelled");

    private static async Task<JsonElement> UntilAsync(HttpClient client, string id, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var batch = JsonElement.Parse(await client.GetStringAsync($"/v1/batches/{id}", patience.Token));
            if (condition(batch))
            {
                return batch;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    private static HttpClient ClientOf(UpProcess gateway)
    {
        var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }
}
