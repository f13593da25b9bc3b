using System.Net.Http.Json;
using Resultity.Contracts.Fleet;
using Resultity.Gateway.Tests.Fleet.Support;
using Resultity.Link;
using Resultity.Link.Dialling;
using Resultity.Link.Handshake;
using Resultity.Link.Identity;
using Resultity.Node.Agent;

namespace Resultity.Gateway.Tests.Fleet;

public sealed class IdentityTests
{
    [Fact]
    public async Task Join_token_lets_in_as_many_nodes_as_it_says()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var token = await gateway.MakeTokenAsync(uses: 1);
        await using var node = await NodeHost.StartAsync(gateway.Url, token);
        await gateway.Facts.Becomes(node.NodeId, "up");
        var refusal = await Assert.ThrowsAsync<JoinException>(() => NodeHost.StartAsync(gateway.Url, token));
        Assert.Equal("join_token_refused", refusal.Code);
    }

    [Fact]
    public async Task Node_without_a_token_says_what_is_missing()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var refusal = await Assert.ThrowsAsync<JoinException>(() => NodeHost.StartAsync(gateway.Url, null));
        Assert.Equal("join_token_missing", refusal.Code);
    }

    [Fact]
    public async Task Key_file_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(node.Folder, "node.key")));
    }

    [Fact]
    public async Task Revoked_node_is_cut_at_once_and_stays_out()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var token = await gateway.MakeTokenAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, token);
        await gateway.Facts.Becomes(node.NodeId, "up");
        await gateway.Registry.RevokeAsync(node.NodeId, default);
        await gateway.Facts.Becomes(node.NodeId, "gone");
        var key = NodeKey.FromPem(await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.key")));
        var refusal = await Assert.ThrowsAsync<LinkHandshakeException>(() => ProveAsync(gateway, key));
        Assert.Equal("revoked", refusal.Code);
    }

    [Fact]
    public async Task Enrolment_without_the_private_key_is_refused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var mine = NodeKey.Create();
        using var theirs = NodeKey.Create();
        var token = await gateway.MakeTokenAsync();
        var publicKey = System.Buffers.Text.Base64Url.EncodeToString(theirs.PublicKey);
        using var http = new HttpClient();
        var answer = await http.PostAsJsonAsync(
            new Uri(gateway.Url, FleetPaths.Enroll),
            new EnrolRequest(token, publicKey, "thief", mine.Sign(LinkProofText.Enrolment(token, publicKey))), FleetJson.Default.EnrolRequest);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("proof", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"join_token\":null}")]
    [InlineData("{\"join_token\":\"x\",\"public_key\":\"x\",\"name\":\"\",\"proof\":\"x\"}")]
    public async Task Malformed_enrolment_is_a_client_error(string body)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var http = new HttpClient();
        var answer = await http.PostAsync(new Uri(gateway.Url, FleetPaths.Enroll), new StringContent(body));
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("\"code\"", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Unknown_key_is_refused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var key = NodeKey.Create();
        var refusal = await Assert.ThrowsAsync<LinkHandshakeException>(() => ProveAsync(gateway, key));
        Assert.Equal("unknown_node", refusal.Code);
    }

    [Fact]
    public async Task Proof_made_for_another_connection_is_refused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var node = await NodeHost.StartAsync(gateway.Url, await gateway.MakeTokenAsync());
        var key = NodeKey.FromPem(await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.key")));
        using var dialler = new LinkDialler();
        await using var first = await dialler.DialAsync(gateway.Url, FleetPaths.Link, LinkTransport.Upgrade, default);
        await using var second = await dialler.DialAsync(gateway.Url, FleetPaths.Link, LinkTransport.Upgrade, default);
        var challenge = await Raw.ReadAsync(first, FleetJson.Default.LinkChallenge);
        await Raw.ReadAsync(second, FleetJson.Default.LinkChallenge);
        var text = LinkProofText.Link(challenge, key.NodeId, "s", gateway.Url.Authority, "upgrade");
        var proof = new LinkProof(LinkProtocol.Version, key.NodeId, "s", gateway.Url.Authority, "upgrade", "test", key.Sign(text));
        await Raw.WriteAsync(second, proof, FleetJson.Default.LinkProof);
        Assert.Equal("bad_proof", (await Raw.ReadAsync(second, FleetJson.Default.LinkWelcome)).Code);
        await Raw.WriteAsync(first, proof, FleetJson.Default.LinkProof);
        Assert.True((await Raw.ReadAsync(first, FleetJson.Default.LinkWelcome)).Accepted);
    }

    [Fact]
    public async Task Challenge_relayed_from_another_gateway_is_not_answered()
    {
        await using var victim = await GatewayHost.StartAsync();
        using var key = NodeKey.Create();
        using var dialler = new LinkDialler();
        await using var relayed = await dialler.DialAsync(victim.Url, FleetPaths.Link, LinkTransport.Upgrade, default);
        // The node believes to be at the gateway that it joined; whoever stands there passes the victim's challenge on.
        var introduction = new LinkIntroduction(key, "gw_that_was_joined", "s", "joined.example", "test");
        var refusal = await Assert.ThrowsAsync<LinkHandshakeException>(() => introduction.ProveAsync(relayed, LinkTransport.Upgrade, default));
        Assert.Equal("wrong_gateway", refusal.Code);
    }

    [Fact]
    public async Task Proof_for_an_address_that_is_not_the_gateways_is_refused()
    {
        await using var gateway = await GatewayHost.StartAsync(configure: options => options.Authorities.Add("cloud.example"));
        using var key = NodeKey.Create();
        var refusal = await Assert.ThrowsAsync<LinkHandshakeException>(() => ProveAsync(gateway, key));
        Assert.Equal("wrong_gateway", refusal.Code);
    }

    [Fact]
    public async Task Plain_request_to_the_link_route_is_told_what_it_takes()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var http = new HttpClient();
        var answer = await http.GetAsync(new Uri(gateway.Url, FleetPaths.Link));
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("upgrade_required", await answer.Content.ReadAsStringAsync());
    }

    private static async Task ProveAsync(GatewayHost gateway, NodeKey key)
    {
        using var dialler = new LinkDialler();
        await using var stream = await dialler.DialAsync(gateway.Url, FleetPaths.Link, LinkTransport.Upgrade, default);
        var gatewayId = (await File.ReadAllTextAsync(Path.Combine(gateway.Folder, "gateway.id"))).Trim();
        await new LinkIntroduction(key, gatewayId, "session", gateway.Url.Authority, "test").ProveAsync(stream, LinkTransport.Upgrade, default);
    }
}
