using System.Text.Json.Nodes;
using Resultity.Gateway.Tests.Admin;
using Resultity.Gateway.Tests.Fleet.Support;
using Resultity.Gateway.Tests.Kit;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Subclouds;

/// <summary>A whole gateway with nodes that dial in, and what a test does with subclouds.</summary>
internal sealed class SubcloudGateway : IAsyncDisposable
{
    public const string Model = "m";

    private readonly List<NodeHost> _nodes = [];

    private SubcloudGateway(AdminGateway gateway) => Gateway = gateway;

    public AdminGateway Gateway { get; }

    public static async Task<SubcloudGateway> StartAsync() => new(await AdminGateway.StartAsync());

    public async Task<JsonNode> AdminAsync(HttpMethod method, string path, string? body = null, int expected = 200)
    {
        var (status, answer) = await Gateway.SendAsync(method, $"/admin/v1/{path}", body);
        Assert.True(status == expected, $"{method} {path}: {status} {answer}");
        return answer;
    }

    public Task<JsonNode> MakeAsync(string name, string more = "") =>
        AdminAsync(HttpMethod.Post, "subclouds", $$"""{"name":"{{name}}"{{more}}}""", 201);

    /// <summary>A client with a key that is bound to a subcloud.</summary>
    public async Task<HttpClient> BoundClientAsync(string subcloud, string @namespace = "default")
    {
        var key = await AdminAsync(HttpMethod.Post, "keys", $$"""{"name":"bound","namespace":"{{@namespace}}","subcloud":"{{subcloud}}"}""", 201);
        return Gateway.Client(key["key"]!.GetValue<string>());
    }

    /// <summary>Starts a node whose answers say its name, and waits until it is linked.</summary>
    public Task<NodeHost> AddNodeAsync(string name, Action<NodeOptions>? configure = null, string? tokenSubcloud = null, string model = Model) =>
        AddNodeAsync(name, new NamedRuntime(name, model), configure, tokenSubcloud);

    /// <summary>Starts a node with a runtime of the test's, and waits until it is linked.</summary>
    public async Task<NodeHost> AddNodeAsync(string name, IRuntime runtime, Action<NodeOptions>? configure = null, string? tokenSubcloud = null)
    {
        var token = await AdminAsync(HttpMethod.Post, "join-tokens", tokenSubcloud is null ? "{}" : $$"""{"subcloud":"{{tokenSubcloud}}"}""", 201);
        var node = await NodeHost.StartAsync(Gateway.Host.Address, token["token"]!.GetValue<string>(), configure: configure, runtime: null, other: runtime);
        _nodes.Add(node);
        await Eventually.IsTrueAsync(() => Gateway.Host.Nodes.Any(linked => linked.Id == node.NodeId && linked.State == "ready"), $"{name} is linked");
        return node;
    }

    /// <summary>Asks in a cloud, and tells who answered; the error code where it was refused.</summary>
    public async Task<string> AskAsync(string? subcloud, HttpClient? client = null, string model = Model)
    {
        using var own = client is null ? Gateway.Client(AdminGateway.ApiKey) : null;
        var (status, answer) = await Gateway.SendAsync(
            HttpMethod.Post,
            $"{(subcloud is null ? "" : $"/subclouds/{subcloud}")}/v1/chat/completions",
            $$"""{"model":"{{model}}","messages":[{"role":"user","content":"who?"}]}""",
            client ?? own);
        return status == 200 ? answer["choices"]![0]!["message"]!["content"]!.GetValue<string>() : $"{status} {answer["error"]!["code"]}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Gateway.DisposeAsync();
    }
}
