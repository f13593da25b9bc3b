using System.Text.Json;

namespace Resultity.Gateway.Tests.Batches;

public sealed class BatchResultTests : BatchTest
{
    [Fact]
    public async Task Results_are_read_while_the_batch_runs_and_gone_on_with_behind_any_of_them()
    {
        await Upstream.SetAsync("latency=100ms");
        var batch = await SubmitAsync(Lines(2000));
        await UntilAsync(batch, static now => Count(now, "completed") > 0);
        var first = await ResultsAsync(batch, "");
        Assert.NotEmpty(first);
        using var cancel = await PostAsync($"/v1/batches/{Id(batch)}/cancel", "");
        var end = await FinishedAsync(batch);
        List<JsonElement> all = [.. first, .. await ResultsAsync(batch, $"?after={Id(first[^1])}")];
        Assert.Equal((2000, 2000), (Count(end, "total"), all.Count));
        Assert.Equal(2000, all.Select(Id).Distinct().Count());
        Assert.Empty(await ResultsAsync(batch, $"?after={Id(all[^1])}"));
        Assert.Equal(Ids(all), Ids(await ResultsAsync(batch, "")));
    }

    [Fact]
    public async Task Results_are_told_apart_by_their_status()
    {
        var batch = await FinishedAsync(await SubmitAsync(string.Join('\n', Chat("good"), Chat("bad", more: ""","n":0"""), Chat("fine"))));
        Assert.Equal(["fine", "good"], (await ResultsAsync(batch, "?status=completed")).Select(static line => line.GetProperty("custom_id").GetString()).Order());
        Assert.Equal("bad", Assert.Single(await ResultsAsync(batch, "?status=failed")).GetProperty("custom_id").GetString());
        using var wrong = await SendAsync(HttpMethod.Get, $"/v1/batches/{Id(batch)}/results?status=odd", null, HttpCompletionOption.ResponseContentRead);
        await AssertErrorAsync(wrong, 400, "invalid_value");
        using var nowhere = await SendAsync(HttpMethod.Get, $"/v1/batches/{Id(batch)}/results?after=batch_req_1", null, HttpCompletionOption.ResponseContentRead);
        await AssertErrorAsync(nowhere, 400, "invalid_value");
    }

    [Fact]
    public async Task Events_bring_each_result_as_it_comes_and_the_batch_at_the_end()
    {
        await Upstream.SetAsync("latency=30ms");
        var batch = await SubmitAsync(Lines(150));
        var all = await FollowAsync(batch, null);
        Assert.Equal(151, all.Count);
        Assert.Equal("completed", Status(Parse(all[^1].Data)));
        Assert.All(all.SkipLast(1), static sent => Assert.Equal(sent.Id, Id(Parse(sent.Data))));
        var rest = await FollowAsync(batch, all[99].Id);
        Assert.Equal(all.Skip(100).Select(static sent => sent.Id), rest.Select(static sent => sent.Id));
    }

    [Fact]
    public async Task Results_whose_file_was_deleted_are_gone()
    {
        var batch = await FinishedAsync(await SubmitAsync(Lines(3)));
        using var deleted = await Gateway.Http.DeleteAsync($"/v1/files/{batch.GetProperty("output_file_id").GetString()}", Cancellation);
        using var response = await SendAsync(HttpMethod.Get, $"/v1/batches/{Id(batch)}/results", null, HttpCompletionOption.ResponseContentRead);
        await AssertErrorAsync(response, 404, "results_deleted");
    }

    private async Task<List<(string Id, string Data)>> FollowAsync(JsonElement batch, string? after)
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"/v1/batches/{Id(batch)}/results", null, HttpCompletionOption.ResponseHeadersRead,
            [("Accept", "text/event-stream"), .. after is null ? ((string, string)[])[] : [("Last-Event-ID", after)]]);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        var (events, id) = (new List<(string, string)>(), "");
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : line.StartsWith("event: batch", StringComparison.Ordinal) ? "" : id;
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((id, line[6..]));
            }
        }

        return events;
    }

    private async Task<List<JsonElement>> ResultsAsync(JsonElement batch, string query) =>
        [.. (await Gateway.Http.GetStringAsync($"/v1/batches/{Id(batch)}/results{query}", Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static List<string> Ids(IEnumerable<JsonElement> lines) => [.. lines.Select(Id)];
}
