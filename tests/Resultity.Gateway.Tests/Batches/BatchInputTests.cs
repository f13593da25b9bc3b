using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Tests.Batches;

public sealed class BatchInputTests : BatchTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(
        services: static services => services.AddSingleton(new BatchOptions { MaxLines = 10, MaxLineBytes = 300_000, MaxErrors = 5 }));

    [Theory]
    [InlineData("{\"custom_id\":\"b\",", "invalid_json_line", null)]
    [InlineData("[]", "invalid_json_line", null)]
    [InlineData("""{"method":"POST","url":"/v1/chat/completions","body":{}}""", "missing_required_parameter", "custom_id")]
    [InlineData("""{"custom_id":7,"method":"POST","url":"/v1/chat/completions","body":{}}""", "invalid_value", "custom_id")]
    [InlineData("""{"custom_id":"","method":"POST","url":"/v1/chat/completions","body":{}}""", "invalid_value", "custom_id")]
    [InlineData("""{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}""", "duplicate_custom_id", "custom_id")]
    [InlineData("""{"custom_id":"b","method":"GET","url":"/v1/chat/completions","body":{}}""", "invalid_method", "method")]
    [InlineData("""{"custom_id":"b","method":"POST","url":"/v1/secrets","body":{}}""", "invalid_url", "url")]
    [InlineData("""{"custom_id":"b","method":"POST","url":"/v1/chat/completions"}""", "missing_required_parameter", "body")]
    [InlineData("""{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":"x"}""", "invalid_value", "body")]
    [InlineData("""{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"m","stream":true}}""", "invalid_value", "body.stream")]
    public async Task A_wrong_line_is_named_by_its_number_and_nothing_is_started(string line, string code, string? param)
    {
        var batch = await FinishedAsync(await SubmitAsync($"{Chat("a")}\n\n{line}\n{Chat("z")}\n"));
        Assert.Equal("failed", Status(batch));
        var error = Assert.Single(batch.GetProperty("errors").GetProperty("data").EnumerateArray());
        Assert.Equal((code, param, 3), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString(), error.GetProperty("line").GetInt32()));
        Assert.True(batch.GetProperty("failed_at").GetInt64() > 0);
        Assert.Equal((0, 0), (Count(batch, "total"), (int)await Upstream.CountAsync("requests")));
        Assert.Equal(JsonValueKind.Null, batch.GetProperty("output_file_id").ValueKind);
    }

    [Theory]
    [InlineData("", "empty_file")]
    [InlineData("\n \n", "empty_file")]
    public async Task An_empty_file_is_refused(string content, string code) => await RefusedAsync(content, code, null);

    [Fact]
    public async Task Too_many_lines_are_refused_at_the_first_that_is_too_many() => await RefusedAsync(Lines(11), "too_many_lines", 11);

    [Fact]
    public async Task A_line_above_the_limit_is_refused_wherever_the_reader_meets_its_end()
    {
        await RefusedAsync($"{Chat("a")}\n{Chat("b", new string('x', 300_000))}\n{Chat("c")}", "line_too_long", 2);
        await RefusedAsync($"{Chat("a")}\n{Chat("b", new string('x', 2_000_000))}\n{Chat("c")}", "line_too_long", 2);
    }

    [Fact]
    public async Task A_line_just_within_the_limit_and_windows_line_ends_are_taken()
    {
        var batch = await FinishedAsync(await SubmitAsync($"\uFEFF{Chat("a", new string('x', 290_000))}\r\n{Chat("b")}\r\n"));
        Assert.Equal(2, Count(batch, "completed"));
    }

    [Fact]
    public async Task Only_so_many_mistakes_are_told()
    {
        var batch = await FinishedAsync(await SubmitAsync(string.Join('\n', Enumerable.Repeat("x", 9))));
        var errors = batch.GetProperty("errors").GetProperty("data").EnumerateArray().ToList();
        Assert.Equal((6, "too_many_errors"), (errors.Count, errors[^1].GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Input_files_of_others_or_for_something_else_are_refused()
    {
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        var foreign = await UploadAsync(Lines(1), client: other);
        var vision = await UploadAsync(Lines(1), purpose: "vision");
        await RefusedAsync(foreign, 404, "file_not_found", "input_file_id");
        await RefusedAsync("file-01hzzzzzzzzzzzzzzzzzzzzzzz", 404, "file_not_found", "input_file_id");
        await RefusedAsync("../../etc/passwd", 404, "file_not_found", "input_file_id");
        await RefusedAsync(vision, 400, "invalid_file_purpose", "input_file_id");
        Assert.Empty((await GetAsync("/v1/batches")).GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("{}", "missing_required_parameter", "input_file_id")]
    [InlineData("""{"input_file_id":"file-1","requests":[{}]}""", "invalid_parameter_combination", "requests")]
    [InlineData("""{"input_file_id":"file-1"}""", "missing_required_parameter", "endpoint")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/secrets"}""", "invalid_value", "endpoint")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/embeddings","completion_window":"soon"}""", "invalid_value", "completion_window")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/embeddings","completion_window":"8d"}""", "invalid_value", "completion_window")]
    [InlineData("""{"requests":[]}""", "empty_array", "requests")]
    [InlineData("""{"requests":[1]}""", "invalid_type", "requests[0]")]
    [InlineData("""{"requests":[{}],"metadata":{"a":1}}""", "invalid_type", "metadata.a")]
    [InlineData("""{"requests":[{}],"output_expires_after":{"anchor":"created_at","seconds":1}}""", "integer_below_min_value", "output_expires_after.seconds")]
    public async Task Wrong_bodies_are_refused(string body, string code, string param)
    {
        using var response = await PostAsync("/v1/batches", body);
        Assert.Equal(param, (await AssertErrorAsync(response, 400, code)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Batches_of_others_look_as_if_there_were_none()
    {
        var batch = await FinishedAsync(await SubmitAsync(Lines(1)));
        using var other = Gateway.ClientWith(await Gateway.AddKeyAsync("others"));
        foreach (var (method, path) in ((HttpMethod, string)[])[
            (HttpMethod.Get, $"/v1/batches/{Id(batch)}"), (HttpMethod.Get, $"/v1/batches/{Id(batch)}/results"),
            (HttpMethod.Post, $"/v1/batches/{Id(batch)}/cancel"), (HttpMethod.Post, $"/v1/batches/{Id(batch)}/retry")])
        {
            using var response = await other.SendAsync(new HttpRequestMessage(method, path), Cancellation);
            await AssertErrorAsync(response, 404, "batch_not_found");
        }

        using var cancel = await PostAsync($"/v1/batches/{Id(batch)}/cancel", "");
        await AssertErrorAsync(cancel, 409, "batch_not_cancellable");
    }

    private async Task RefusedAsync(string file, int status, string code, string param)
    {
        using var response = await PostAsync("/v1/batches", $$"""{"input_file_id":"{{file}}","endpoint":"/v1/chat/completions","completion_window":"24h"}""");
        Assert.Equal(param, (await AssertErrorAsync(response, status, code)).GetProperty("param").GetString());
    }

    private async Task RefusedAsync(string content, string code, int? line)
    {
        var batch = await FinishedAsync(await SubmitAsync(content));
        Assert.Equal("failed", Status(batch));
        var error = Assert.Single(batch.GetProperty("errors").GetProperty("data").EnumerateArray());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(line, error.GetProperty("line").ValueKind == JsonValueKind.Null ? null : error.GetProperty("line").GetInt32());
    }
}
