using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Http;

/// <summary>What the edge does with requests that are careless or hostile.</summary>
public sealed class EdgeTests : GatewayTest
{
    internal override Task<TestGateway> StartGatewayAsync() => TestGateway.StartAsync(options => options.JsonBodyLimit = 64 * 1024);

    [Fact]
    public async Task An_unknown_route_is_a_404()
    {
        using var response = await PostAsync("/v1/chat/completion", ChatBody);
        var error = await AssertErrorAsync(response, 404, "unknown_url");
        Assert.Contains("/v1/chat/completion", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", "POST")]
    [InlineData("DELETE", "/v1/models", "GET")]
    [InlineData("OPTIONS", "/v1/models", "GET")]
    public async Task A_wrong_method_is_a_405_that_says_the_right_one(string method, string path, string allowed)
    {
        using var response = await SendAsync(new HttpMethod(method), path, null, HttpCompletionOption.ResponseContentRead);
        await AssertErrorAsync(response, 405, "method_not_allowed");
        Assert.Contains(allowed, response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_head_request_gets_no_body()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        await raw.SendAsync("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answers = await raw.ReadToEndAsync();
        Assert.Single(answers.Split("\"unknown_url\"")[..^1]);
        Assert.Equal(2, answers.Split("HTTP/1.1 404").Length - 1);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    [InlineData(null)]
    public async Task A_wrong_content_type_is_a_415(string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(ChatBody));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var response = await Gateway.Http.PostAsync("/v1/chat/completions", content);
        await AssertErrorAsync(response, 415, "unsupported_media_type");
    }

    [Fact]
    public async Task A_compressed_body_is_refused_unopened()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[10_000_000]);
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await Gateway.Http.PostAsync("/v1/chat/completions", content);
        await AssertErrorAsync(response, 415, "unsupported_content_encoding");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_limit_is_a_413_that_names_it(bool chunked)
    {
        using var content = new ByteArrayContent(new byte[1024 * 1024]);
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await Gateway.Http.SendAsync(request);
        var error = await AssertErrorAsync(response, 413, "request_too_large");
        Assert.Contains("65536", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_breaks_off_leaves_a_healthy_server()
    {
        await using (var raw = await RawConnection.OpenAsync(Gateway.Address))
        {
            await raw.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Gateway.Key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"model\"");
            raw.EndSending();
            await raw.ReadToEndAsync();
        }

        using var response = await PostAsync("/v1/chat/completions", ChatBody);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_crawls_is_a_408()
    {
        await using var strict = await TestGateway.StartAsync(options => options.SlowestBody = 1_000_000);
        await using var raw = await RawConnection.OpenAsync(strict.Address);
        await raw.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {strict.Key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"model\"");
        var answer = await raw.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Equal("request_timeout", AssertShape(answer[answer.IndexOf('{', StringComparison.Ordinal)..]).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Chunked_nonsense_is_a_400()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        await raw.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Gateway.Key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        var answer = await raw.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        AssertShape(answer[answer.IndexOf('{', StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task Huge_headers_are_refused()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        await raw.SendAsync($"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Long: {new string('x', 40_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        var one = $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Gateway.Key}\r\nContent-Type: application/json\r\nContent-Length: {ChatBody.Length}\r\n\r\n{ChatBody}";
        await raw.SendAsync(string.Concat(Enumerable.Repeat(one, 3)) + "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answers = await raw.ReadToEndAsync();
        Assert.Equal(3, answers.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.True(answers.IndexOf("HTTP/1.1 404", StringComparison.Ordinal) > answers.LastIndexOf("HTTP/1.1 200", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_request_id_is_always_the_gateways_own()
    {
        using var response = await PostAsync("/v1/chat/completions", ChatBody, ("x-request-id", "mine"), ("X-Client-Request-Id", "mine"));
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        Assert.True(response.Headers.Contains("openai-processing-ms"));
    }

    [Fact]
    public async Task A_wrong_cancel_after_is_a_400()
    {
        using var response = await PostAsync("/v1/chat/completions", ChatBody, ("Cancel-After", "soon"));
        await AssertErrorAsync(response, 400, "invalid_value");
    }

    [Fact]
    public async Task A_request_that_takes_longer_than_cancel_after_is_a_504()
    {
        await Upstream.SetAsync("latency=30s");
        using var response = await PostAsync("/v1/chat/completions", ChatBody, ("Cancel-After", "200ms"));
        await AssertErrorAsync(response, 504, "deadline_exceeded");
        await Upstream.WaitForAsync("running", 0);
    }
}
