using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Idempotency;

/// <summary>Files, uploads and batches under an <c>Idempotency-Key</c>: made once, however often they are asked for.</summary>
public sealed class KeyedResourceTests : GatewayTest
{
    private const string Line = """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"stub-model","messages":[{"role":"user","content":"Hello"}]}}""";
    private const string Batch = """{"endpoint":"/v1/chat/completions","requests":[{"custom_id":"a","body":{"model":"stub-model","messages":[{"role":"user","content":"Hello"}]}}]}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_is_sent_again_is_the_same_file_although_the_form_is_written_anew()
    {
        var first = await IdAsync(await UploadAsync("k", Line));
        using var again = await UploadAsync("k", Line);

        Assert.Equal(["true"], again.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal(first, await IdAsync(again));
        Assert.Equal(1, await CountAsync("/v1/files"));
    }

    [Theory]
    [InlineData("{}", "batch", "lines.jsonl")]
    [InlineData(Line, "user_data", "lines.jsonl")]
    [InlineData(Line, "batch", "other.jsonl")]
    public async Task Another_file_under_the_key_is_refused_and_leaves_nothing_behind(string content, string purpose, string name)
    {
        (await UploadAsync("k", Line)).Dispose();

        using var other = await UploadAsync("k", content, purpose, name);

        await AssertErrorAsync(other, 422, "idempotency_key_reused");
        Assert.Equal(1, await CountAsync("/v1/files"));
        Assert.Equal(1, await BlobsAsync());
    }

    [Fact]
    public async Task Files_that_come_at_the_same_time_become_one()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ => await IdAsync(await UploadAsync("k", Line))));

        Assert.Single(ids.Distinct());
        Assert.Equal(1, await CountAsync("/v1/files"));
        Assert.Equal(1, await BlobsAsync());
    }

    [Fact]
    public async Task A_refused_form_is_refused_the_same_again()
    {
        using var first = await UploadAsync("k", Line, purpose: "nonsense");
        using var second = await UploadAsync("k", Line, purpose: "nonsense");

        await AssertErrorAsync(first, 400, "invalid_value");
        Assert.Equal(await first.Content.ReadAsStringAsync(Stop), await second.Content.ReadAsStringAsync(Stop));
        Assert.Equal(0, await BlobsAsync());
    }

    [Fact]
    public async Task A_batch_is_submitted_once_and_its_failed_lines_are_run_again_once()
    {
        await Upstream.SetAsync("fail-status=400");
        var first = await IdAsync(await PostAsync("/v1/batches", Batch, Key("k"), ("Prefer", "wait=30")));
        var again = await IdAsync(await PostAsync("/v1/batches", Batch, Key("k"), ("Prefer", "wait=30")));
        Assert.Equal(first, again);
        using var other = await PostAsync("/v1/batches", Batch.Replace("Hello", "Bye", StringComparison.Ordinal), Key("k"));
        await AssertErrorAsync(other, 422, "idempotency_key_reused");

        var retry = await IdAsync(await PostAsync($"/v1/batches/{first}/retry", "", Key("r")));
        Assert.Equal(retry, await IdAsync(await PostAsync($"/v1/batches/{first}/retry", "", Key("r"))));
        Assert.Equal(2, await CountAsync("/v1/batches"));
    }

    [Fact]
    public async Task An_upload_its_parts_and_its_end_are_made_once()
    {
        const string Begin = """{"filename":"lines.jsonl","purpose":"batch","bytes":10,"mime_type":"application/jsonl"}""";
        var upload = await IdAsync(await PostAsync("/v1/uploads", Begin, Key("u")));
        Assert.Equal(upload, await IdAsync(await PostAsync("/v1/uploads", Begin, Key("u"))));
        var part = await IdAsync(await PartAsync(upload, "p", "0123456789"));
        Assert.Equal(part, await IdAsync(await PartAsync(upload, "p", "0123456789")));

        var complete = $$"""{"part_ids":["{{part}}"]}""";
        using var done = await PostAsync($"/v1/uploads/{upload}/complete", complete, Key("c"));
        using var again = await PostAsync($"/v1/uploads/{upload}/complete", complete, Key("c"));

        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync(Stop));
        Assert.Equal(await done.Content.ReadAsStringAsync(Stop), await again.Content.ReadAsStringAsync(Stop));
        Assert.Equal(1, await CountAsync("/v1/files"));
    }

    private static (string, string) Key(string key) => ("Idempotency-Key", key);

    private static async Task<string> IdAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Stop);
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonElement.Parse(text).GetProperty("id").GetString()!;
        }
    }

    private async Task<HttpResponseMessage> UploadAsync(string key, string content, string purpose = "batch", string name = "lines.jsonl")
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(purpose), "purpose" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "file", name },
        };
        return await SendFormAsync("/v1/files", form, key);
    }

    private async Task<HttpResponseMessage> PartAsync(string upload, string key, string content)
    {
        using var form = new MultipartFormDataContent { { new StringContent(content), "data", "part" } };
        return await SendFormAsync($"/v1/uploads/{upload}/parts", form, key);
    }

    private async Task<HttpResponseMessage> SendFormAsync(string path, HttpContent form, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
        request.Headers.Add("Idempotency-Key", key);
        return await Gateway.Http.SendAsync(request, Stop);
    }

    private async Task<int> CountAsync(string path) =>
        JsonElement.Parse(await Gateway.Http.GetStringAsync(path, Stop)).GetProperty("data").GetArrayLength();

    /// <summary>What is stored, whoever owns it.</summary>
    private async Task<int> BlobsAsync()
    {
        var count = 0;
        await foreach (var _ in Gateway.Services.GetRequiredService<IBlobStore>().ListAsync(DateTimeOffset.MaxValue, Stop))
        {
            count++;
        }

        return count;
    }
}
