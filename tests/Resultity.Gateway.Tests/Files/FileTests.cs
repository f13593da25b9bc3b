using System.ClientModel;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenAI.Files;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Files;

public sealed class FileTests : GatewayTest
{
    private OpenAIFileClient Sdk => Gateway.OpenAi().GetOpenAIFileClient();

    [Fact]
    public async Task The_official_sdk_uploads_lists_reads_downloads_and_deletes()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"custom_id\":\"a\"}\n");
        OpenAIFile file = await Sdk.UploadFileAsync(new MemoryStream(bytes), "täglich.jsonl", FileUploadPurpose.Batch);
        Assert.StartsWith("file-", file.Id, StringComparison.Ordinal);
        Assert.Equal(("täglich.jsonl", bytes.Length, FilePurpose.Batch), (file.Filename, file.SizeInBytes, file.Purpose));

        var listed = (await Sdk.GetFilesAsync(FilePurpose.Batch, TestContext.Current.CancellationToken)).Value;
        Assert.Equal(file.Id, Assert.Single(listed).Id);
        Assert.Empty((await Sdk.GetFilesAsync(FilePurpose.Vision, TestContext.Current.CancellationToken)).Value);
        Assert.Equal(file.Filename, (await Sdk.GetFileAsync(file.Id, TestContext.Current.CancellationToken)).Value.Filename);
        Assert.Equal(JsonValueKind.Number, (await GetAsync($"/v1/files/{file.Id}")).GetProperty("expires_at").ValueKind);
        Assert.Equal(bytes, (await Sdk.DownloadFileAsync(file.Id, TestContext.Current.CancellationToken)).Value.ToArray());

        Assert.True((await Sdk.DeleteFileAsync(file.Id, TestContext.Current.CancellationToken)).Value.Deleted);
        var gone = await Assert.ThrowsAsync<ClientResultException>(() => Sdk.GetFileAsync(file.Id, TestContext.Current.CancellationToken));
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task Files_of_others_look_as_if_there_were_none()
    {
        var id = await UploadAsync("hello");
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        foreach (var path in (string[])[$"/v1/files/{id}", $"/v1/files/{id}/content"])
        {
            using var foreign = await other.GetAsync(path, TestContext.Current.CancellationToken);
            using var absent = await other.GetAsync(path.Replace(id[^4..], "0000", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            await AssertErrorAsync(foreign, 404, "file_not_found");
            Assert.Equal(await absent.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), await foreign.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        using var deleted = await other.DeleteAsync($"/v1/files/{id}", TestContext.Current.CancellationToken);
        await AssertErrorAsync(deleted, 404, "file_not_found");
        Assert.DoesNotContain(id, await other.GetStringAsync("/v1/files", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_that_broke_off_is_gone_on_with_by_a_range()
    {
        var id = await UploadAsync("0123456789");
        using var whole = await SendAsync(HttpMethod.Get, $"/v1/files/{id}/content", null, HttpCompletionOption.ResponseContentRead);
        var tag = whole.Headers.ETag!.ToString();
        Assert.Equal("bytes", whole.Headers.AcceptRanges.Single());
        using var rest = await SendAsync(HttpMethod.Get, $"/v1/files/{id}/content", null, HttpCompletionOption.ResponseContentRead, ("Range", "bytes=4-"), ("If-Range", tag));
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal("456789", await rest.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var known = await SendAsync(HttpMethod.Get, $"/v1/files/{id}/content", null, HttpCompletionOption.ResponseContentRead, ("If-None-Match", tag));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var beyond = await SendAsync(HttpMethod.Get, $"/v1/files/{id}/content", null, HttpCompletionOption.ResponseContentRead, ("Range", "bytes=10-"));
        await AssertErrorAsync(beyond, 416, "range_not_satisfiable");
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\data\\in.jsonl", "in.jsonl")]
    [InlineData("a\tb.txt", "ab.txt")]
    [InlineData("..", "file")]
    public async Task A_name_is_shown_and_never_a_path(string given, string shown)
    {
        using var response = await PostFormAsync("/v1/files", Form("user_data", "hello", given));
        var file = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(shown, file.GetProperty("filename").GetString());
    }

    [Fact]
    public async Task Lists_have_pages_that_lead_on()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await UploadAsync($"{i}"));
        }

        var first = await GetAsync("/v1/files?limit=2&order=asc");
        Assert.True(first.GetProperty("has_more").GetBoolean());
        var second = await GetAsync($"/v1/files?limit=2&order=asc&after={first.GetProperty("last_id").GetString()}");
        Assert.False(second.GetProperty("has_more").GetBoolean());
        var listed = first.GetProperty("data").EnumerateArray().Concat(second.GetProperty("data").EnumerateArray()).Select(static file => file.GetProperty("id").GetString()!);
        Assert.Equal(ids, listed.Order());
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("order=up", "order")]
    [InlineData("after=batch_1", "after")]
    [InlineData("purpose=secrets", "purpose")]
    public async Task Wrong_query_parameters_are_named(string query, string param)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/v1/files?{query}", null, HttpCompletionOption.ResponseContentRead);
        var error = await AssertErrorAsync(response, 400, "invalid_value");
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task What_is_missing_or_wrong_in_a_form_is_named()
    {
        await RefusedAsync(Form(null, "hello", "a.txt"), 400, "missing_required_parameter", "purpose");
        await RefusedAsync(Form("secrets", "hello", "a.txt"), 400, "invalid_value", "purpose");
        await RefusedAsync(new MultipartFormDataContent { { new StringContent("batch"), "purpose" } }, 400, "missing_required_parameter", "file");
        var soon = Form("batch", "hello", "a.txt");
        soon.Add(new StringContent("created_at"), "expires_after[anchor]");
        soon.Add(new StringContent("10"), "expires_after[seconds]");
        await RefusedAsync(soon, 400, "invalid_value", "expires_after[seconds]");
        var twice = Form("batch", "hello", "a.txt");
        twice.Add(new StringContent("vision"), "purpose");
        await RefusedAsync(twice, 400, "invalid_form", "purpose");
        using var json = await PostAsync("/v1/files", "{}");
        await AssertErrorAsync(json, 415, "unsupported_media_type");
        Assert.Empty((await GetAsync("/v1/files")).GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task A_form_that_breaks_off_is_refused()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        const string body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello";
        await raw.SendAsync($"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Gateway.Key}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        var answer = await raw.ReadToEndAsync();
        Assert.Contains("400 Bad Request", answer, StringComparison.Ordinal);
        Assert.Contains("invalid_form", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expiry_that_is_asked_for_is_kept()
    {
        var form = Form("user_data", "hello", "a.txt");
        form.Add(new StringContent("created_at"), "expires_after[anchor]");
        form.Add(new StringContent("7200"), "expires_after[seconds]");
        using var response = await PostFormAsync("/v1/files", form);
        var file = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(file.GetProperty("created_at").GetInt64() + 7200, file.GetProperty("expires_at").GetInt64());
    }

    [Fact]
    public async Task A_part_without_quotes_around_its_name_is_read()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        const string body = "--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nuser_data\r\n--b\r\nContent-Disposition: form-data; name=file; filename=plain.txt\r\n\r\nhello\r\n--b--\r\n";
        await raw.SendAsync($"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Gateway.Key}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        Assert.Contains("\"filename\":\"plain.txt\"", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task RefusedAsync(MultipartFormDataContent form, int status, string code, string param)
    {
        using var response = await PostFormAsync("/v1/files", form);
        Assert.Equal(param, (await AssertErrorAsync(response, status, code)).GetProperty("param").GetString());
    }

    private async Task<string> UploadAsync(string content)
    {
        using var response = await PostFormAsync("/v1/files", Form("user_data", content, "a.txt"));
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;
    }

    private async Task<HttpResponseMessage> PostFormAsync(string path, MultipartFormDataContent form) => await Gateway.Http.PostAsync(path, form, TestContext.Current.CancellationToken);

    private async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await Gateway.Http.GetStringAsync(path, TestContext.Current.CancellationToken));

    private static MultipartFormDataContent Form(string? purpose, string content, string name)
    {
        var form = new MultipartFormDataContent();
        if (purpose is not null)
        {
            form.Add(new StringContent(purpose), "purpose");
        }

        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        file.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "\"file\"", FileName = $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal)}\"" };
        form.Add(file);
        return form;
    }
}
