using System.Text.Json.Nodes;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Http;

public sealed class RefusalTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await TestGateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    public static TheoryData<string, int, string> Refused => new()
    {
        { "GARBAGE\r\n\r\n", 400, "malformed_request" },
        { "GET /v1/models HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n", 400, "malformed_request" },
        { "GET /v1/models HTTP/1.1\r\n\r\n", 400, "malformed_request" },
        { $"GET /{new string('x', 9000)} HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long" },
        { $"GET /v1/models HTTP/1.1\r\nHost: a\r\nX: {new string('x', 70_000)}\r\n\r\n", 431, "headers_too_large" },
        { "GET /v1/models HTTP/1.1\r\nHost: a\r\n" + string.Concat(Enumerable.Range(0, 150).Select(static i => $"X{i}: y\r\n")) + "\r\n", 431, "headers_too_large" },
        { "GET /v1/models HTTP/9.9\r\nHost: a\r\n\r\n", 505, "http_version_not_supported" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_request_that_cannot_be_read_is_refused_in_OpenAIs_shape(string request, int status, string code)
    {
        await using var connection = await RawConnection.OpenAsync(_gateway.Address);

        await connection.SendAsync(request);
        var answer = await connection.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nx-request-id: req_", answer, StringComparison.Ordinal);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains($"\r\nContent-Length: {body.Length}\r\n", answer, StringComparison.Ordinal);
        var error = JsonNode.Parse(body)!["error"]!.AsObject();
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.True(error.ContainsKey("message") && error.ContainsKey("type") && error.ContainsKey("param"));
    }

    [Fact]
    public async Task An_answer_before_the_refusal_on_the_same_connection_arrives_whole()
    {
        await using var connection = await RawConnection.OpenAsync(_gateway.Address);

        await connection.SendAsync($"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {_gateway.Key}\r\n\r\nGARBAGE\r\n\r\n");
        var answers = await connection.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 200 OK", answers, StringComparison.Ordinal);
        Assert.Contains("\"object\":\"list\"", answers, StringComparison.Ordinal);
        Assert.EndsWith("\"code\":\"malformed_request\"}}", answers, StringComparison.Ordinal);
    }
}
