using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Resultity.EndToEnd.Tests.Requests;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Storage;

/// <summary>A full disk and a damaged file: clear errors for what they touch, and nothing else is lost.</summary>
public sealed class BrokenStorageTests
{
    private const string ApiKey = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_refuses_what_must_be_written_and_loses_nothing()
    {
        using var disk = SmallDisk.Make(megabytes: 24);
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=5");
        using var up = await UpProcess.StartAsync(disk.Folder, ApiKey, upstream.Address, Cancellation);
        using var client = ClientOf(up);
        var before = await SubmittedAsync(client, "before");
        await UntilCompletedAsync(client, before);

        disk.Fill();
        foreach (var refused in (HttpResponseMessage[])[await SubmitAsync(client, new string('x', 40_000)), await UploadAsync(client, 200_000)])
        {
            var text = await refused.Content.ReadAsStringAsync(Cancellation);
            Assert.True(refused.StatusCode == HttpStatusCode.ServiceUnavailable, $"{(int)refused.StatusCode} {text}");
            Assert.Equal("storage_full", JsonElement.Parse(text).GetProperty("error").GetProperty("code").GetString());
            refused.Dispose();
        }

        await UntilCompletedAsync(client, before);
        using var chat = await PostAsync(client, "hello", prefer: null);
        Assert.Equal(HttpStatusCode.OK, chat.StatusCode);

        disk.Free();
        var after = await SubmittedAsync(client, "after");
        await UntilCompletedAsync(client, after);
        await UntilCompletedAsync(client, before);
        using var uploaded = await UploadAsync(client, 200_000);
        Assert.True(uploaded.IsSuccessStatusCode, await uploaded.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_damaged_blob_is_told_for_its_own_request_and_no_other()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-damage-");
        try
        {
            await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=2000", "--pad=40");
            using var up = await UpProcess.StartAsync(folder.FullName, ApiKey, upstream.Address, Cancellation);
            using var client = ClientOf(up);
            var damaged = await SubmittedAsync(client, "one");
            await UntilCompletedAsync(client, damaged);
            var file = Assert.Single(Blobs(folder));
            await using (var content = File.OpenWrite(file))
            {
                content.Position = content.Length / 2;
                content.WriteByte(0);
            }

            var whole = await SubmittedAsync(client, "two");
            await UntilCompletedAsync(client, whole);
            using var broken = await client.GetAsync($"/v1/requests/{damaged}/response", Cancellation);
            Assert.Equal(HttpStatusCode.InternalServerError, broken.StatusCode);
            var error = JsonElement.Parse(await broken.Content.ReadAsStringAsync(Cancellation)).GetProperty("error");
            Assert.Equal("storage_damaged", error.GetProperty("code").GetString());
            using var right = await client.GetAsync($"/v1/requests/{whole}/response", Cancellation);
            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/v1/requests/{damaged}", Cancellation)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/readyz", Cancellation)).StatusCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<string> Blobs(DirectoryInfo folder) => [.. Directory.EnumerateFiles(Path.Combine(folder.FullName, "blobs"), "*", SearchOption.AllDirectories)];

    private static HttpClient ClientOf(UpProcess up) => new() { BaseAddress = up.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", ApiKey) } };

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string text, string? prefer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Content = new StringContent(JsonSerializer.Serialize(new { model = "stub-model", messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json");
        if (prefer is not null)
        {
            request.Headers.Add("Prefer", prefer);
        }

        return await client.SendAsync(request, Cancellation);
    }

    private static Task<HttpResponseMessage> SubmitAsync(HttpClient client, string text) => PostAsync(client, text, "respond-async");

    private static async Task<string> SubmittedAsync(HttpClient client, string text)
    {
        using var response = await SubmitAsync(client, text);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, body);
        return JsonElement.Parse(body).GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient client, int bytes)
    {
        using var form = new MultipartFormDataContent { { new StringContent("user_data"), "purpose" }, { new ByteArrayContent(new byte[bytes]), "file", "data.bin" } };
        return await client.PostAsync("/v1/files", form, Cancellation);
    }

    private static async Task UntilCompletedAsync(HttpClient client, string id)
    {
        var request = JsonElement.Parse(await client.GetStringAsync($"/v1/requests/{id}?wait=30", Cancellation));
        Assert.Equal("completed", request.GetProperty("status").GetString());
    }
}
