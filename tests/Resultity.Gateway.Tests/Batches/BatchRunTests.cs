using System.ClientModel;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenAI.Files;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Batches;

public sealed class BatchRunTests : BatchTest
{
    [Fact]
    public async Task The_official_sdk_uploads_creates_waits_and_downloads()
    {
        var files = Gateway.OpenAi().GetOpenAIFileClient();
        OpenAIFile input = await files.UploadFileAsync(new MemoryStream(Encoding.UTF8.GetBytes(Lines(20))), "in.jsonl", FileUploadPurpose.Batch);
#pragma warning disable OPENAI001 // The SDK calls its whole batch client experimental.
        var client = Gateway.OpenAi().GetBatchClient();
        using var body = BinaryContent.Create(BinaryData.FromString($$$"""{"input_file_id":"{{{input.Id}}}","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"job":"nightly"}}"""));
        var operation = await client.CreateBatchAsync(body, waitUntilCompleted: false);
        var created = Parse(operation.GetRawResponse().Content.ToString());
        Assert.Equal("validating", Status(created));
        await FinishedAsync(created);
        var batch = Parse((await client.GetBatchAsync(operation.BatchId, null)).GetRawResponse().Content.ToString());
#pragma warning restore OPENAI001
        Assert.Equal(("batch", "completed", "nightly"), (batch.GetProperty("object").GetString(), Status(batch), batch.GetProperty("metadata").GetProperty("job").GetString()));
        Assert.Equal((20, 20, 0), (Count(batch, "total"), Count(batch, "completed"), Count(batch, "failed")));
        Assert.Equal("stub-model", batch.GetProperty("model").GetString());
        foreach (var time in (string[])["created_at", "in_progress_at", "finalizing_at", "completed_at", "expires_at"])
        {
            Assert.True(batch.GetProperty(time).GetInt64() > 0, time);
        }

        foreach (var absent in (string[])["failed_at", "expired_at", "cancelling_at", "cancelled_at", "error_file_id", "errors"])
        {
            Assert.True(batch.GetProperty(absent).ValueKind == JsonValueKind.Null, absent);
        }

        var output = (await files.DownloadFileAsync(batch.GetProperty("output_file_id").GetString(), Cancellation)).Value.ToString();
        var lines = ByCustomId(output);
        Assert.Equal(Enumerable.Range(1, 20).Select(static number => $"line-{number}").Order(), lines.Keys.Order());
        Assert.All(lines.Values, static line =>
        {
            Assert.StartsWith("batch_req_", Id(line), StringComparison.Ordinal);
            var response = line.GetProperty("response");
            Assert.Equal(200, response.GetProperty("status_code").GetInt32());
            Assert.StartsWith("req_", response.GetProperty("request_id").GetString(), StringComparison.Ordinal);
            Assert.Equal("chat.completion", response.GetProperty("body").GetProperty("object").GetString());
            Assert.Equal(JsonValueKind.Null, line.GetProperty("error").ValueKind);
        });
    }

    [Fact]
    public async Task A_batch_mixes_endpoints_and_a_line_that_fails_fails_alone()
    {
        var lines = string.Join('\n',
            Chat("chat"),
            """{"custom_id":"text","method":"POST","url":"/v1/completions","body":{"model":"stub-model","prompt":"Hi"}}""",
            """{"custom_id":"vector","method":"POST","url":"/v1/embeddings","body":{"model":"stub-model","input":"Hi"}}""",
            Chat("hot", more: ""","temperature":9"""),
            """{"custom_id":"default","body":{"model":"stub-model","messages":[{"role":"user","content":"Hi"}]}}""");
        var batch = await FinishedAsync(await SubmitAsync(lines));
        Assert.Equal(("completed", 4, 1), (Status(batch), Count(batch, "completed"), Count(batch, "failed")));
        var output = await FileAsync(batch);
        Assert.Equal("list", output["vector"].GetProperty("response").GetProperty("body").GetProperty("object").GetString());
        Assert.Equal("text_completion", output["text"].GetProperty("response").GetProperty("body").GetProperty("object").GetString());
        Assert.Equal("chat.completion", output["default"].GetProperty("response").GetProperty("body").GetProperty("object").GetString());
        var failed = (await FileAsync(batch, "error_file_id"))["hot"].GetProperty("response");
        Assert.Equal(400, failed.GetProperty("status_code").GetInt32());
        Assert.Equal("temperature", failed.GetProperty("body").GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Only_failed_lines_are_run_again_by_a_retry()
    {
        await Upstream.SetAsync("fail-status=400&fail-every=4");
        var batch = await FinishedAsync(await SubmitAsync(Lines(12)));
        var failed = Count(batch, "failed");
        Assert.Equal(3, failed);
        await Upstream.SetAsync("fail-status=0");
        using var response = await PostAsync($"/v1/batches/{Id(batch)}/retry", "");
        var again = await FinishedAsync(Parse(await response.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(("completed", failed, failed, Id(batch)), (Status(again), Count(again, "total"), Count(again, "completed"), again.GetProperty("retry_of").GetString()));
        Assert.Equal((await FileAsync(batch, "error_file_id")).Keys.Order(), (await FileAsync(again)).Keys.Order());
        using var nothing = await PostAsync($"/v1/batches/{Id(again)}/retry", "");
        await AssertErrorAsync(nothing, 409, "nothing_to_retry");
    }

    [Fact]
    public async Task Requests_in_the_body_come_back_in_the_same_answer_in_their_order()
    {
        var requests = string.Join(',', Enumerable.Range(1, 5).Select(static number => Chat($"n{number}")));
        var batch = await CreateAsync($$"""{"requests":[{{requests}}]}""", ("Prefer", "wait=30"));
        Assert.Equal("completed", Status(batch));
        Assert.Equal(["n1", "n2", "n3", "n4", "n5"], batch.GetProperty("results").EnumerateArray().Select(static line => line.GetProperty("custom_id").GetString()!));
        Assert.StartsWith("file-", batch.GetProperty("input_file_id").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_on_the_object_is_the_sum_of_the_lines_and_what_the_ledger_has()
    {
        var batch = await FinishedAsync(await SubmitAsync(Lines(30)));
        var lines = (await FileAsync(batch)).Values.Select(static line => line.GetProperty("response").GetProperty("body").GetProperty("usage")).ToList();
        var usage = batch.GetProperty("usage");
        Assert.Equal(lines.Sum(static line => line.GetProperty("prompt_tokens").GetInt64()), usage.GetProperty("input_tokens").GetInt64());
        Assert.Equal(lines.Sum(static line => line.GetProperty("completion_tokens").GetInt64()), usage.GetProperty("output_tokens").GetInt64());
        var now = TimeProvider.System.GetUtcNow();
        var rows = await Gateway.Services.GetRequiredService<IUsageStore>().QueryAsync(new UsageQuery(now.AddHours(-1), now.AddHours(1)), Cancellation);
        Assert.Equal((30, usage.GetProperty("output_tokens").GetInt64()), (rows.Sum(static row => row.Requests), rows.Sum(static row => row.OutputTokens)));
    }

    [Fact]
    public async Task A_cancelled_batch_keeps_what_was_done_and_accounts_for_the_rest()
    {
        await Upstream.SetAsync("latency=100ms");
        var batch = await SubmitAsync(Lines(400));
        await UntilAsync(batch, static now => Count(now, "completed") > 0);
        using var cancel = await PostAsync($"/v1/batches/{Id(batch)}/cancel", "");
        Assert.Contains(Status(Parse(await cancel.Content.ReadAsStringAsync(Cancellation))), (string[])["cancelling", "cancelled"]);
        var end = await FinishedAsync(batch);
        Assert.Equal(("cancelled", 400), (Status(end), Count(end, "total")));
        var (done, left) = (await FileAsync(end), await FileAsync(end, "error_file_id"));
        Assert.Equal((Count(end, "completed"), Count(end, "failed")), (done.Count, left.Count));
        Assert.NotEmpty(done);
        Assert.All(left.Values, static line => Assert.Equal("batch_cancelled", line.GetProperty("error").GetProperty("code").GetString()));
        using var again = await PostAsync($"/v1/batches/{Id(batch)}/cancel", "");
        Assert.True(again.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_batch_whose_window_ends_is_expired_with_what_was_done()
    {
        await Upstream.SetAsync("latency=300ms");
        var file = await UploadAsync(Lines(2000));
        var batch = await CreateAsync($$"""{"input_file_id":"{{file}}","endpoint":"/v1/chat/completions","completion_window":"2s"}""");
        var end = await FinishedAsync(batch);
        Assert.Equal(("expired", 2000), (Status(end), Count(end, "total")));
        Assert.NotEmpty(await FileAsync(end));
        Assert.All((await FileAsync(end, "error_file_id")).Values, static line => Assert.Equal("batch_expired", line.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_deleted_input_file_does_not_stop_its_batch()
    {
        await Upstream.SetAsync("latency=20ms");
        var batch = await SubmitAsync(Lines(200));
        using var deleted = await Gateway.Http.DeleteAsync($"/v1/files/{batch.GetProperty("input_file_id").GetString()}", Cancellation);
        Assert.True(deleted.IsSuccessStatusCode);
        Assert.Equal(200, Count(await FinishedAsync(batch), "completed"));
    }

    [Fact]
    public async Task Lines_for_embeddings_travel_together_and_each_gets_its_own_answer()
    {
        const int count = 400;
        static string Line(int number) => $$$"""{"custom_id":"e{{{number}}}","url":"/v1/embeddings","body":{"model":"stub-model","input":"text {{{number}}}"}}""";
        var before = await Upstream.CountAsync("requests");
        var batch = await FinishedAsync(await SubmitAsync(string.Join('\n', Enumerable.Range(1, count).Select(Line).Append("""{"custom_id":"bad","url":"/v1/embeddings","body":{"model":"stub-model","input":[]}}""")), endpoint: "/v1/embeddings"));
        Assert.Equal((count, 1), (Count(batch, "completed"), Count(batch, "failed")));
        Assert.True(await Upstream.CountAsync("requests") - before < count / 4);
        var output = await FileAsync(batch);
        using var alone = await PostAsync("/v1/embeddings", """{"model":"stub-model","input":"text 7"}""");
        var expected = Parse(await alone.Content.ReadAsStringAsync(Cancellation)).GetProperty("data");
        Assert.Equal(expected.GetRawText(), output["e7"].GetProperty("response").GetProperty("body").GetProperty("data").GetRawText());
        Assert.Equal(
            output.Values.Sum(static line => line.GetProperty("response").GetProperty("body").GetProperty("usage").GetProperty("prompt_tokens").GetInt64()),
            batch.GetProperty("usage").GetProperty("input_tokens").GetInt64());
    }

    [Fact]
    public async Task A_model_without_a_node_is_waited_for()
    {
        var batch = await SubmitAsync(Lines(3).Replace("stub-model", "late-model", StringComparison.Ordinal));
        await UntilAsync(batch, static now => Status(now) == "in_progress");
        await Upstream.SetAsync("any-model=true");
        Gateway.AddNode("node-late", Upstream, models: "late-model");
        Assert.Equal(3, Count(await FinishedAsync(batch), "completed"));
    }

    [Fact]
    public async Task A_batch_leaves_slots_to_interactive_requests()
    {
        await Upstream.SetAsync("latency=150ms");
        var batch = await SubmitAsync(Lines(1000));
        await UntilAsync(batch, static now => Count(now, "completed") > 0);
        for (var i = 0; i < 5; i++)
        {
            using var interactive = await PostAsync("/v1/chat/completions", ChatBody);
            Assert.True(interactive.IsSuccessStatusCode);
        }

        Assert.Equal("in_progress", Status(await GetAsync($"/v1/batches/{Id(batch)}")));
        using var cancel = await PostAsync($"/v1/batches/{Id(batch)}/cancel", "");
        await FinishedAsync(batch);
    }
}
