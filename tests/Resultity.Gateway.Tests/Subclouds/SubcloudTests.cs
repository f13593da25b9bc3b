using Resultity.Gateway.Tests.Admin;

namespace Resultity.Gateway.Tests.Subclouds;

public sealed class SubcloudTests : IAsyncLifetime
{
    private SubcloudGateway _cloud = null!;

    public async ValueTask InitializeAsync() => _cloud = await SubcloudGateway.StartAsync();

    public ValueTask DisposeAsync() => _cloud.DisposeAsync();

    [Fact]
    public async Task An_isolated_subcloud_and_the_main_cloud_never_use_each_others_nodes()
    {
        await _cloud.MakeAsync("lab", ""","isolate":true""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");
        await _cloud.AddNodeAsync("outside");
        using var bound = await _cloud.BoundClientAsync("lab");

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal("inside", await _cloud.AskAsync("lab", bound));
            Assert.Equal("outside", await _cloud.AskAsync(null));
        }
    }

    [Fact]
    public async Task A_model_that_only_a_subcloud_has_is_unknown_elsewhere()
    {
        await _cloud.MakeAsync("lab", ""","isolate":true""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab", model: "secret-model");
        using var bound = await _cloud.BoundClientAsync("lab");

        Assert.Equal("inside", await _cloud.AskAsync("lab", bound, "secret-model"));
        Assert.Equal("404 model_not_found", await _cloud.AskAsync(null, model: "secret-model"));
        using var main = _cloud.Gateway.Client(AdminGateway.ApiKey);
        Assert.Empty((await _cloud.Gateway.SendAsync(HttpMethod.Get, "/v1/models", null, main)).Body["data"]!.AsArray());
        Assert.Equal("secret-model", (await _cloud.Gateway.SendAsync(HttpMethod.Get, "/subclouds/lab/v1/models", null, bound)).Body["data"]![0]!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_bound_key_opens_its_own_subcloud_and_nothing_else()
    {
        await _cloud.MakeAsync("lab");
        await _cloud.MakeAsync("other", ""","public":true""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");
        using var bound = await _cloud.BoundClientAsync("lab");

        Assert.Equal("inside", await _cloud.AskAsync("lab", bound));
        Assert.Equal("403 subcloud_key", await _cloud.AskAsync(null, bound));
        Assert.Equal("404 subcloud_not_found", await _cloud.AskAsync("other", bound));
    }

    [Fact]
    public async Task A_subcloud_that_is_not_public_reads_like_one_that_does_not_exist()
    {
        await _cloud.MakeAsync("lab");
        using var main = _cloud.Gateway.Client(AdminGateway.ApiKey);

        var hidden = await _cloud.Gateway.SendAsync(HttpMethod.Get, "/subclouds/lab/v1/models", null, main);
        var missing = await _cloud.Gateway.SendAsync(HttpMethod.Get, "/subclouds/zzz/v1/models", null, main);

        Assert.Equal(404, hidden.Status);
        Assert.Equal(missing.Body.ToJsonString().Replace("zzz", "lab", StringComparison.Ordinal), hidden.Body.ToJsonString());
    }

    [Fact]
    public async Task What_was_asked_in_a_public_subcloud_is_not_seen_in_the_main_cloud()
    {
        await _cloud.MakeAsync("lab", ""","public":true""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");
        using var main = _cloud.Gateway.Client(AdminGateway.ApiKey);
        main.DefaultRequestHeaders.Add("Prefer", "respond-async, wait=30");

        var answer = await _cloud.Gateway.SendAsync(HttpMethod.Post, "/subclouds/lab/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"who?"}]}""", main);
        Assert.Equal((200, "inside"), (answer.Status, answer.Body["choices"]![0]!["message"]!["content"]!.GetValue<string>()));

        Assert.Empty((await _cloud.Gateway.SendAsync(HttpMethod.Get, "/v1/requests", null, main)).Body["data"]!.AsArray());
        var inside = (await _cloud.Gateway.SendAsync(HttpMethod.Get, "/subclouds/lab/v1/requests", null, main)).Body["data"]!.AsArray();
        Assert.StartsWith("/subclouds/lab/v1/requests/", new Uri(_cloud.Gateway.Host.Address, Assert.Single(inside)!["status_url"]!.GetValue<string>()).AbsolutePath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_asks_waits_for_approval_where_the_subcloud_is_semi_open()
    {
        await _cloud.MakeAsync("lab", ""","join":"semi_open","isolate":true""");
        var node = await _cloud.AddNodeAsync("asks", options => options.Subclouds.Add("lab"));
        using var bound = await _cloud.BoundClientAsync("lab");

        Assert.Equal("asks", await _cloud.AskAsync(null));
        Assert.Equal("404 model_not_found", await _cloud.AskAsync("lab", bound));
        var pending = (await _cloud.AdminAsync(HttpMethod.Get, "subclouds/lab/nodes"))["data"]![0]!;
        Assert.Equal(("pending", "asked"), (pending["state"]!.GetValue<string>(), pending["joined_by"]!.GetValue<string>()));

        await _cloud.AdminAsync(HttpMethod.Post, $"subclouds/lab/nodes/{node.NodeId}");
        Assert.Equal("asks", await _cloud.AskAsync("lab", bound));
        Assert.Equal("503 no_capable_node", await _cloud.AskAsync(null));

        await _cloud.AdminAsync(HttpMethod.Delete, $"subclouds/lab/nodes/{node.NodeId}");
        Assert.Equal("asks", await _cloud.AskAsync(null));
    }

    [Fact]
    public async Task A_node_that_asks_is_in_at_once_where_the_subcloud_is_open_and_never_where_it_is_closed()
    {
        await _cloud.MakeAsync("open", ""","join":"open","isolate":true,"public":true""");
        await _cloud.MakeAsync("closed", ""","public":true""");
        await _cloud.AddNodeAsync("asks", options =>
        {
            options.Subclouds.Add("open");
            options.Subclouds.Add("closed");
        });

        Assert.Equal("asks", await _cloud.AskAsync("open"));
        Assert.Equal("404 model_not_found", await _cloud.AskAsync("closed"));
        Assert.Equal("404 model_not_found", await _cloud.AskAsync(null));
        Assert.Empty((await _cloud.AdminAsync(HttpMethod.Get, "subclouds/closed/nodes"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Region_and_memory_decide_which_members_serve()
    {
        await _cloud.MakeAsync("north", ""","join":"open","public":true,"region":"north" """);
        await _cloud.MakeAsync("huge", ""","join":"open","public":true,"min_memory_bytes":1000000000000000""");
        foreach (var name in (string[])["north", "south"])
        {
            await _cloud.AddNodeAsync(name, options =>
            {
                options.Region = name;
                options.Subclouds.Add("north");
                options.Subclouds.Add("huge");
            });
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("north", await _cloud.AskAsync("north"));
        }

        Assert.Equal("404 model_not_found", await _cloud.AskAsync("huge"));
        var reasons = (await _cloud.AdminAsync(HttpMethod.Get, "subclouds/huge/nodes"))["data"]!.AsArray().Select(static node => node!["reason"]!.GetValue<string>());
        Assert.Equal(["memory", "memory"], reasons);
    }

    [Fact]
    public async Task A_subcloud_serves_only_the_models_that_it_allows()
    {
        await _cloud.MakeAsync("lab", ""","public":true,"models":["allowed"]""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");

        Assert.Equal("404 model_not_found", await _cloud.AskAsync("lab"));
        await _cloud.AdminAsync(HttpMethod.Post, "subclouds/lab", """{"models":["m"]}""");
        Assert.Equal("inside", await _cloud.AskAsync("lab"));
    }

    [Fact]
    public async Task A_deleted_subcloud_is_gone_with_its_tokens_and_its_nodes_serve_the_main_cloud()
    {
        await _cloud.MakeAsync("lab", ""","isolate":true""");
        await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");
        using var bound = await _cloud.BoundClientAsync("lab");
        var token = await _cloud.AdminAsync(HttpMethod.Post, "join-tokens", """{"subcloud":"lab"}""", 201);

        await _cloud.AdminAsync(HttpMethod.Delete, "subclouds/lab");

        Assert.Equal("404 subcloud_not_found", await _cloud.AskAsync("lab", bound));
        Assert.Equal("inside", await _cloud.AskAsync(null));
        var left = (await _cloud.AdminAsync(HttpMethod.Get, "join-tokens"))["data"]!.AsArray();
        Assert.DoesNotContain(left, other => other!["id"]!.GetValue<string>() == token["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Subclouds_and_memberships_survive_a_restart()
    {
        await _cloud.MakeAsync("lab", ""","join":"semi_open","features":["video"],"description":"for trying out" """);
        var node = await _cloud.AddNodeAsync("inside", tokenSubcloud: "lab");
        await _cloud.Gateway.StopAsync();

        var again = await AdminGateway.StartAsync(_cloud.Gateway.Folder);
        var (_, lab) = await again.SendAsync(HttpMethod.Get, "/admin/v1/subclouds/lab");
        Assert.Equal(("semi_open", "for trying out", "video"), (lab["join"]!.GetValue<string>(), lab["description"]!.GetValue<string>(), lab["features"]![0]!.GetValue<string>()));
        var (_, nodes) = await again.SendAsync(HttpMethod.Get, "/admin/v1/subclouds/lab/nodes");
        Assert.Equal((node.NodeId, "token"), (nodes["data"]![0]!["id"]!.GetValue<string>(), nodes["data"]![0]!["joined_by"]!.GetValue<string>()));
        await again.StopAsync();
    }

    [Theory]
    [InlineData("""{"name":"Lab"}""", "name")]
    [InlineData("""{"name":"-lab"}""", "name")]
    [InlineData("""{"name":"../x"}""", "name")]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":"lab","join":"maybe"}""", "join")]
    [InlineData("""{"name":"lab","features":["time-travel"]}""", "features")]
    [InlineData("""{"name":"lab","isolate":"yes"}""", "isolate")]
    [InlineData("""{"name":"lab","min_memory_bytes":-1}""", "min_memory_bytes")]
    [InlineData("""{"name":"lab","colour":"red"}""", "colour")]
    public async Task A_wrong_subcloud_is_refused_with_the_field(string body, string param)
    {
        var error = (await _cloud.AdminAsync(HttpMethod.Post, "subclouds", body, 400))["error"]!;

        Assert.Equal(param, error["param"]!.GetValue<string>());
        Assert.Empty((await _cloud.AdminAsync(HttpMethod.Get, "subclouds"))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_name_is_given_once_and_keys_and_tokens_need_a_subcloud_that_exists()
    {
        await _cloud.MakeAsync("lab");

        Assert.Equal("subcloud_exists", (await _cloud.AdminAsync(HttpMethod.Post, "subclouds", """{"name":"lab"}""", 409))["error"]!["code"]!.GetValue<string>());
        await _cloud.AdminAsync(HttpMethod.Post, "keys", """{"name":"k","subcloud":"zzz"}""", 400);
        await _cloud.AdminAsync(HttpMethod.Post, "keys", """{"name":"k","subcloud":"lab","scopes":["admin"]}""", 400);
        await _cloud.AdminAsync(HttpMethod.Post, "keys", """{"name":"k","namespace":"a@lab"}""", 400);
        await _cloud.AdminAsync(HttpMethod.Post, "join-tokens", """{"subcloud":"zzz"}""", 400);
        await _cloud.AdminAsync(HttpMethod.Post, "subclouds/lab/nodes/nobody", null, 404);
        await _cloud.AdminAsync(HttpMethod.Post, "subclouds/zzz/nodes/nobody", null, 404);
    }
}
