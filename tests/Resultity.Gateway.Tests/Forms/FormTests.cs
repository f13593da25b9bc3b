using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Forms;

/// <summary>Endpoints that take forms beside JSON, and answers that are no JSON.</summary>
public sealed class FormTests : IAsyncLifetime
{
    private const string Edits = "/v1/images/edits";
    private static readonly byte[] Picture = [0x89, .. "PNG not looked into by the gateway\r\n--"u8];

    private readonly string _spool = Directory.CreateTempSubdirectory("resultity-spool-").FullName;
    private MediaNode _node = null!;
    private TestGateway _gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await MediaNode.StartAsync();
        _gateway = await TestGateway.StartAsync(options => options.SpoolFolder = _spool);
        _gateway.AddNode("node-a", _node.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        Directory.Delete(_spool, recursive: true);
    }

    [Fact]
    public async Task A_form_of_the_official_sdk_reaches_the_node_as_it_was_sent()
    {
        string? seen = null;
        _node.Answer = async context =>
        {
            var form = await context.Request.ReadFormAsync();
            var image = new MemoryStream();
            await form.Files.Single().CopyToAsync(image);
            seen = $"{form["model"]}|{form["prompt"]}|{form.Files.Single().Name}|{Convert.ToHexString(image.ToArray())}";
            await context.Response.WriteAsJsonAsync(new { created = 1, data = new[] { new { b64_json = Convert.ToBase64String(Picture) } } });
        };
        var client = _gateway.OpenAi().GetImageClient(TestGateway.Model);
        var made = await client.GenerateImageEditAsync(new MemoryStream(Picture), "in.png", "a red circle", cancellationToken: Cancellation);
        Assert.Equal(Picture, made.Value.ImageBytes.ToArray());
        Assert.Equal($"{TestGateway.Model}|a red circle|image|{Convert.ToHexString(Picture)}", seen);
    }

    [Fact]
    public async Task A_large_upload_goes_through_a_file_and_arrives_byte_for_byte()
    {
        var image = RandomNumberGenerator.GetBytes(20 << 20);
        byte[] hash = [];
        _node.Answer = async context =>
        {
            var form = await context.Request.ReadFormAsync();
            hash = await SHA256.HashDataAsync(form.Files.Single().OpenReadStream());
            await context.Response.WriteAsJsonAsync(new { created = 1, data = new[] { new { b64_json = "" } } });
        };
        using var response = await _gateway.Http.PostAsync(Edits, Form(image), Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(SHA256.HashData(image), hash);
        Assert.Empty(Directory.GetFiles(_spool));
    }

    [Fact]
    public async Task A_form_is_polled_for_like_any_request()
    {
        _node.Answer = async context =>
        {
            var form = await context.Request.ReadFormAsync();
            await context.Response.WriteAsJsonAsync(new { created = 1, data = new[] { new { b64_json = form.Files.Single().Length.ToString(System.Globalization.CultureInfo.InvariantCulture) } } });
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, Edits) { Content = Form(Picture) };
        request.Headers.Add("Prefer", "respond-async");
        using var submitted = await _gateway.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);
        var id = JsonElement.Parse(await submitted.Content.ReadAsStringAsync(Cancellation)).GetProperty("id").GetString();
        using var finished = await _gateway.Http.GetAsync($"/v1/requests/{id}?wait=20", Cancellation);
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        var answer = await _gateway.Http.GetStringAsync($"/v1/requests/{id}/response", Cancellation);
        Assert.Contains($"\"b64_json\":\"{Picture.Length}\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prompt", null, "missing_required_parameter", "prompt")]
    [InlineData("n", "11", "integer_above_max_value", "n")]
    [InlineData("n", "many", "invalid_type", "n")]
    [InlineData("strength", "1.5", "decimal_above_max_value", "strength")]
    [InlineData("stream", "maybe", "invalid_type", "stream")]
    [InlineData("output_format", "tiff", "invalid_value", "output_format")]
    [InlineData("size", "big", "invalid_value", "size")]
    [InlineData("mask", "text", "invalid_type", "mask")]
    public async Task A_wrong_field_of_a_form_is_refused_by_its_name(string field, string? value, string code, string param)
    {
        using var form = Form(Picture, (field, value));
        using var response = await _gateway.Http.PostAsync(Edits, form, Cancellation);
        var error = await GatewayTest.AssertErrorAsync(response, 400, code);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_form_without_its_file_with_an_empty_one_or_with_two_masks_is_refused()
    {
        using var none = new MultipartFormDataContent { { new StringContent("stub-model"), "model" }, { new StringContent("x"), "prompt" } };
        using var missing = await _gateway.Http.PostAsync(Edits, none, Cancellation);
        Assert.Equal("image", (await GatewayTest.AssertErrorAsync(missing, 400, "missing_required_parameter")).GetProperty("param").GetString());
        using var empty = await _gateway.Http.PostAsync(Edits, Form([]), Cancellation);
        await GatewayTest.AssertErrorAsync(empty, 400, "empty_file");
        var two = Form(Picture);
        two.Add(new ByteArrayContent(Picture), "mask", "a.png");
        two.Add(new ByteArrayContent(Picture), "mask", "b.png");
        using var twice = await _gateway.Http.PostAsync(Edits, two, Cancellation);
        await GatewayTest.AssertErrorAsync(twice, 400, "duplicate_parameter");
    }

    [Fact]
    public async Task A_file_above_its_limit_and_a_broken_form_are_refused()
    {
        using var large = await _gateway.Http.PostAsync(Edits, Form(new byte[(50 << 20) + 1]), Cancellation);
        var error = await GatewayTest.AssertErrorAsync(large, 413, "file_too_large");
        Assert.Contains("52428800", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        using var broken = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=model\r\n\r\nx"u8.ToArray());
        broken.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        using var refused = await _gateway.Http.PostAsync(Edits, broken, Cancellation);
        await GatewayTest.AssertErrorAsync(refused, 400, "invalid_form");
        Assert.Empty(Directory.GetFiles(_spool));
    }

    [Fact]
    public async Task An_answer_that_is_no_json_arrives_as_it_is_and_its_usage_is_recorded()
    {
        _node.Answer = async context =>
        {
            context.Response.ContentType = "audio/wav";
            context.Response.Headers["resultity-usage"] = "input=3;images=2;audio_ms=1500";
            await context.Response.Body.WriteAsync(Picture);
            await context.Response.Body.FlushAsync();
            await context.Response.Body.WriteAsync(Picture);
        };
        using var response = await _gateway.Http.PostAsync("/v1/images/generations", GatewayTest.Json("""{"model":"stub-model","prompt":"x"}"""), Cancellation);
        Assert.Equal("audio/wav", response.Content.Headers.ContentType?.ToString());
        byte[] twice = [.. Picture, .. Picture];
        Assert.Equal(twice, await response.Content.ReadAsByteArrayAsync(Cancellation));
        var row = await RowAsync();
        Assert.Equal((3, 2, 1500), (row.InputTokens, row.Images, row.AudioMilliseconds));
    }

    [Fact]
    public async Task A_binary_answer_that_breaks_off_never_looks_whole()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.Answer = async context =>
        {
            context.Response.ContentType = "audio/wav";
            await context.Response.Body.WriteAsync(Picture);
            await context.Response.Body.FlushAsync();
            await begun.Task;
            context.Abort();
        };
        using var response = await _gateway.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/v1/images/generations") { Content = GatewayTest.Json("""{"model":"stub-model","prompt":"x"}""") }, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_request_that_names_no_model_gets_one_and_its_images_are_counted()
    {
        string? body = null;
        _node.Answer = async context =>
        {
            body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await context.Response.WriteAsJsonAsync(new { created = 1, data = new[] { new { b64_json = "" }, new { b64_json = "" } } });
        };
        using var response = await _gateway.Http.PostAsync("/v1/images/generations", GatewayTest.Json("""{"prompt":"x","n":2}"""), Cancellation);
        Assert.Equal(TestGateway.Model, response.Headers.GetValues("x-resultity-model").Single());
        Assert.Equal("""{"model":"stub-model","prompt":"x","n":2}""", body);
        Assert.Equal(2, (await RowAsync()).Images);
    }

    private async Task<UsageRow> RowAsync()
    {
        await _gateway.Services.GetRequiredService<UsageMeter>().FlushAsync(Cancellation);
        var now = TimeProvider.System.GetUtcNow();
        return Assert.Single(await _gateway.Services.GetRequiredService<IUsageStore>().QueryAsync(new UsageQuery(now.AddHours(-1), now.AddHours(1)), Cancellation));
    }

    private static MultipartFormDataContent Form(byte[] image, params (string Field, string? Value)[] changes)
    {
        var fields = new Dictionary<string, string?> { ["model"] = TestGateway.Model, ["prompt"] = "a red circle" };
        foreach (var (field, value) in changes) fields[field] = value;
        var form = new MultipartFormDataContent { { new ByteArrayContent(image), "image", "in.png" } };
        foreach (var (field, value) in fields)
        {
            if (value is not null) form.Add(new StringContent(value), field);
        }

        return form;
    }
}
