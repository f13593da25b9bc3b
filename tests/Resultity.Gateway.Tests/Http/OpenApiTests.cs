using System.Text.Json;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Http;

public sealed class OpenApiTests : GatewayTest
{
    [Fact]
    public async Task The_document_has_the_routes_and_the_limits_that_requests_are_checked_against()
    {
        using var document = JsonDocument.Parse(await Gateway.Http.GetStringAsync("/openapi.json"));
        var root = document.RootElement;
        Assert.Equal("3.1.0", root.GetProperty("openapi").GetString());
        var paths = root.GetProperty("paths");
        Assert.True(paths.TryGetProperty("/v1/models/{id}", out _));
        var body = paths.GetProperty("/v1/chat/completions").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal(["messages"], body.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(2, body.GetProperty("properties").GetProperty("temperature").GetProperty("anyOf")[0].GetProperty("maximum").GetDouble());
        var identifiers = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(identifiers.Length, identifiers.Distinct().Count());
    }

    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        var page = await Gateway.Http.GetStringAsync("/docs/");
        Assert.Contains("openapi.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
        using var script = await Gateway.Http.GetAsync("/docs/scalar.js");
        Assert.Equal(200, (int)script.StatusCode);
        Assert.DoesNotContain("href=\"http", page, StringComparison.Ordinal);
    }
}
