using System.Text;
using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Files;

public sealed class UploadTests : GatewayTest
{
    [Fact]
    public async Task Parts_become_a_file_in_the_order_that_the_client_says()
    {
        var upload = await BeginAsync(10);
        Assert.Equal("pending", upload.GetProperty("status").GetString());
        var id = upload.GetProperty("id").GetString()!;
        var second = await AddPartAsync(id, "world");
        var first = await AddPartAsync(id, "hello");
        const string sum = "FC5E038D38A57032085441E7FE7010B0";
        using var response = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{first}}","{{second}}"],"md5":"{{sum}}"}""");
        var done = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("completed", done.GetProperty("status").GetString());
        var file = done.GetProperty("file");
        Assert.Equal((10, "parts.txt"), (file.GetProperty("bytes").GetInt32(), file.GetProperty("filename").GetString()));
        var content = await Gateway.Http.GetStringAsync($"/v1/files/{file.GetProperty("id").GetString()}/content", TestContext.Current.CancellationToken);
        Assert.Equal("helloworld", content);

        using var again = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{first}}","{{second}}"]}""");
        var same = JsonElement.Parse(await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(file.GetProperty("id").GetString(), same.GetProperty("file").GetProperty("id").GetString());
        using var more = await PostPartAsync(id, "!");
        await AssertErrorAsync(more, 409, "upload_not_pending");
    }

    [Fact]
    public async Task What_does_not_fit_together_is_refused_and_can_be_put_right()
    {
        var id = (await BeginAsync(10)).GetProperty("id").GetString()!;
        var part = await AddPartAsync(id, "hello");
        using var few = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{part}}"]}""");
        await AssertErrorAsync(few, 400, "upload_size_mismatch");
        using var twice = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{part}}","{{part}}"]}""");
        await AssertErrorAsync(twice, 400, "invalid_value");
        using var foreign = await PostAsync($"/v1/uploads/{id}/complete", """{"part_ids":["part_1"]}""");
        await AssertErrorAsync(foreign, 400, "invalid_value");
        using var much = await PostPartAsync(id, "far too much");
        await AssertErrorAsync(much, 400, "upload_size_exceeded");
        var rest = await AddPartAsync(id, "world");
        using var wrongSum = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{part}}","{{rest}}"],"md5":"{{new string('0', 32)}}"}""");
        await AssertErrorAsync(wrongSum, 400, "checksum_mismatch");
        using var right = await PostAsync($"/v1/uploads/{id}/complete", $$"""{"part_ids":["{{part}}","{{rest}}"]}""");
        Assert.True(right.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_cancelled_upload_takes_nothing_more()
    {
        var id = (await BeginAsync(5)).GetProperty("id").GetString()!;
        await AddPartAsync(id, "hello");
        using var cancelled = await PostAsync($"/v1/uploads/{id}/cancel", "");
        Assert.Contains("\"status\":\"cancelled\"", await cancelled.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var part = await PostPartAsync(id, "hello");
        await AssertErrorAsync(part, 409, "upload_not_pending");
    }

    [Fact]
    public async Task Uploads_of_others_look_as_if_there_were_none()
    {
        var id = (await BeginAsync(5)).GetProperty("id").GetString()!;
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        using var cancel = await other.PostAsync($"/v1/uploads/{id}/cancel", null, TestContext.Current.CancellationToken);
        await AssertErrorAsync(cancel, 404, "upload_not_found");
    }

    [Theory]
    [InlineData("""{"purpose":"batch","bytes":1}""", 400, "missing_required_parameter")]
    [InlineData("""{"filename":"a","purpose":"secrets","bytes":1}""", 400, "invalid_value")]
    [InlineData("""{"filename":"a","purpose":"batch","bytes":0}""", 400, "integer_below_min_value")]
    [InlineData("""{"filename":"a","purpose":"batch","bytes":1000000000}""", 413, "request_too_large")]
    [InlineData("""{"filename":"a","purpose":"batch","bytes":1,"expires_after":{"anchor":"now","seconds":3600}}""", 400, "invalid_value")]
    [InlineData("[]", 400, "invalid_type")]
    [InlineData("{", 400, "invalid_json")]
    public async Task Wrong_bodies_are_refused(string body, int status, string code)
    {
        using var response = await PostAsync("/v1/uploads", body);
        await AssertErrorAsync(response, status, code);
    }

    private async Task<JsonElement> BeginAsync(int bytes)
    {
        using var response = await PostAsync("/v1/uploads", $$"""{"filename":"parts.txt","purpose":"user_data","bytes":{{bytes}},"mime_type":"text/plain"}""");
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<string> AddPartAsync(string id, string content)
    {
        using var response = await PostPartAsync(id, content);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;
    }

    private async Task<HttpResponseMessage> PostPartAsync(string id, string content)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "data", "part" } };
        return await Gateway.Http.PostAsync($"/v1/uploads/{id}/parts", form, TestContext.Current.CancellationToken);
    }
}
