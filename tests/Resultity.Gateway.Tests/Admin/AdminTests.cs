using System.Net;
using System.Text;

namespace Resultity.Gateway.Tests.Admin;

public sealed class AdminTests : IAsyncLifetime
{
    private AdminGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await AdminGateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("GET", "admin/v1/keys")]
    [InlineData("POST", "admin/v1/keys")]
    [InlineData("DELETE", "admin/v1/keys/key_x")]
    [InlineData("GET", "admin/v1/nodes")]
    [InlineData("DELETE", "admin/v1/nodes/node_x")]
    [InlineData("POST", "admin/v1/join-tokens")]
    [InlineData("GET", "admin/v1/status")]
    [InlineData("GET", "admin/v1/usage")]
    [InlineData("GET", "metrics")]
    public async Task Every_route_is_closed_to_nobody_and_to_api_keys_also_from_this_machine(string method, string path)
    {
        using var nobody = _gateway.Client(null);
        var (status, body) = await _gateway.SendAsync(new HttpMethod(method), path, client: nobody);
        Assert.Equal(401, status);
        Assert.Equal("authentication_error", (string?)body["error"]!["type"]);
        using var user = _gateway.Client(AdminGateway.ApiKey);
        (status, body) = await _gateway.SendAsync(new HttpMethod(method), path, client: user);
        Assert.Equal(403, status);
        Assert.Equal("permission_error", (string?)body["error"]!["type"]);
    }

    [Fact]
    public async Task An_admin_key_is_no_api_key()
    {
        Assert.Equal(403, (await _gateway.SendAsync(HttpMethod.Get, "v1/models")).Status);
    }

    [Fact]
    public async Task A_made_key_works_at_once_and_is_never_shown_again()
    {
        var (status, made) = await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", """{"name":"a","namespace":"team","requests_per_minute":5,"models":["m"],"expires_in_seconds":60,"weight":2}""");
        Assert.Equal(201, status);
        var (id, key) = ((string)made["id"]!, (string)made["key"]!);
        using var client = _gateway.Client(key);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "v1/models", client: client)).Status);

        var (_, shown) = await _gateway.SendAsync(HttpMethod.Get, $"admin/v1/keys/{id}");
        Assert.Null(shown["key"]);
        Assert.Equal("team", (string?)shown["namespace"]);
        Assert.Equal(5, (int?)shown["requests_per_minute"]);
        Assert.Equal(2, (int?)shown["weight"]);
        Assert.Equal("m", (string?)shown["models"]![0]);
        Assert.Equal((long)shown["created_at"]! + 60, (long)shown["expires_at"]!);

        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Delete, $"admin/v1/keys/{id}")).Status);
        Assert.Equal(401, (await _gateway.SendAsync(HttpMethod.Get, "v1/models", client: client)).Status);
        var (_, revoked) = await _gateway.SendAsync(HttpMethod.Get, $"admin/v1/keys/{id}");
        Assert.Equal("revoked", (string?)revoked["state"]);
        Assert.Equal(409, (await _gateway.SendAsync(HttpMethod.Post, $"admin/v1/keys/{id}/rotate")).Status);
    }

    [Fact]
    public async Task A_rotated_key_works_on_for_its_time_of_grace()
    {
        var (_, made) = await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", """{"name":"a"}""");
        using var old = _gateway.Client((string)made["key"]!);
        var (status, rotated) = await _gateway.SendAsync(HttpMethod.Post, $"admin/v1/keys/{made["id"]}/rotate", """{"grace_seconds":60}""");
        Assert.Equal(200, status);
        using var renewed = _gateway.Client((string)rotated["key"]!);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "v1/models", client: old)).Status);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "v1/models", client: renewed)).Status);
        await _gateway.SendAsync(HttpMethod.Post, $"admin/v1/keys/{made["id"]}/rotate");
        Assert.Equal(401, (await _gateway.SendAsync(HttpMethod.Get, "v1/models", client: renewed)).Status);
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":3}""", "name")]
    [InlineData("""{"name":"a\u0007"}""", "name")]
    [InlineData("""{"name":"a","requests_per_minute":-1}""", "requests_per_minute")]
    [InlineData("""{"name":"a","requests_per_minute":1.5}""", "requests_per_minute")]
    [InlineData("""{"name":"a","tokens_per_minute":1e99}""", "tokens_per_minute")]
    [InlineData("""{"name":"a","expires_in_seconds":0}""", "expires_in_seconds")]
    [InlineData("""{"name":"a","weight":"2"}""", "weight")]
    [InlineData("""{"name":"a","models":[]}""", "models")]
    [InlineData("""{"name":"a","models":["m",1]}""", "models[1]")]
    [InlineData("""{"name":"a","scopes":["root"]}""", "scopes")]
    [InlineData("""{"name":"a","request_per_minute":5}""", "request_per_minute")]
    public async Task A_wrong_field_is_named(string body, string parameter)
    {
        var (status, answer) = await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", body);
        Assert.Equal(400, status);
        Assert.Equal("invalid_request_error", (string?)answer["error"]!["type"]);
        Assert.Equal(parameter, (string?)answer["error"]!["param"]);
    }

    [Theory]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    [InlineData("""{"name":"a","name":"b"}""", 400)]
    [InlineData("""{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}}""", 400)]
    public async Task A_body_that_is_no_object_is_refused(string body, int expected) =>
        Assert.Equal(expected, (await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", body)).Status);

    [Fact]
    public async Task A_huge_body_and_another_content_type_are_refused()
    {
        Assert.Equal(413, (await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", $$"""{"name":"{{new string('a', 100_000)}}"}""")).Status);
        using var form = new StringContent("name=a", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await _gateway.Admin.PostAsync(new Uri("admin/v1/keys", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("admin/v1/keys/key_nosuch")]
    [InlineData("admin/v1/nodes/nosuch")]
    [InlineData("admin/v1/nowhere")]
    public async Task What_is_not_there_is_a_404_in_the_apis_shape(string path)
    {
        var (status, body) = await _gateway.SendAsync(HttpMethod.Get, path);
        Assert.Equal(404, status);
        Assert.Equal("not_found_error", (string?)body["error"]!["type"]);
        Assert.Equal(404, (await _gateway.SendAsync(HttpMethod.Delete, "admin/v1/join-tokens/nosuch")).Status);
    }

    [Fact]
    public async Task Keys_are_listed_in_pages()
    {
        for (var i = 0; i < 3; i++) await _gateway.SendAsync(HttpMethod.Post, "admin/v1/keys", $$"""{"name":"k{{i}}","namespace":"pages"}""");
        var (_, first) = await _gateway.SendAsync(HttpMethod.Get, "admin/v1/keys?namespace=pages&limit=2");
        Assert.Equal(["k2", "k1"], first["data"]!.AsArray().Select(key => (string)key!["name"]!));
        Assert.True((bool)first["has_more"]!);
        var (_, second) = await _gateway.SendAsync(HttpMethod.Get, $"admin/v1/keys?namespace=pages&limit=2&after={first["last_id"]}");
        Assert.Equal(["k0"], second["data"]!.AsArray().Select(key => (string)key!["name"]!));
        Assert.False((bool)second["has_more"]!);
        Assert.Equal(400, (await _gateway.SendAsync(HttpMethod.Get, "admin/v1/keys?limit=0")).Status);
    }

    [Fact]
    public async Task Join_tokens_are_made_listed_and_taken_back()
    {
        var (status, made) = await _gateway.SendAsync(HttpMethod.Post, "admin/v1/join-tokens", """{"max_uses":2,"expires_in_seconds":60}""");
        Assert.Equal(201, status);
        Assert.StartsWith("rj_", (string?)made["token"], StringComparison.Ordinal);
        var (_, list) = await _gateway.SendAsync(HttpMethod.Get, "admin/v1/join-tokens");
        var listed = Assert.Single(list["data"]!.AsArray())!;
        Assert.Equal(2, (int?)listed["uses_left"]);
        Assert.Null(listed["token"]);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Delete, $"admin/v1/join-tokens/{made["id"]}")).Status);
        Assert.Equal(404, (await _gateway.SendAsync(HttpMethod.Delete, $"admin/v1/join-tokens/{made["id"]}")).Status);
    }

    [Fact]
    public async Task Usage_and_status_answer_on_an_idle_gateway()
    {
        var (status, usage) = await _gateway.SendAsync(HttpMethod.Get, "admin/v1/usage?group_by=key");
        Assert.Equal(200, status);
        Assert.Empty(usage["data"]!.AsArray());
        Assert.Equal(400, (await _gateway.SendAsync(HttpMethod.Get, "admin/v1/usage?group_by=colour")).Status);
        Assert.Equal(400, (await _gateway.SendAsync(HttpMethod.Get, "admin/v1/usage?from=9&until=3")).Status);
        Assert.Equal(400, (await _gateway.SendAsync(HttpMethod.Get, "admin/v1/usage?from=99999999999999999999")).Status);
        var (_, now) = await _gateway.SendAsync(HttpMethod.Get, "admin/v1/status");
        Assert.Equal("ready", (string?)now["state"]);
        Assert.Equal(0, (int?)now["requests"]!["in_flight"]);
    }
}
