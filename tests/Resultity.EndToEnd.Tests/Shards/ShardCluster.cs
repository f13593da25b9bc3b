using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Engines;
using Resultity.EndToEnd.Tests.Processes;

namespace Resultity.EndToEnd.Tests.Shards;

/// <summary>A gateway with nodes that share one model, each a process of its own. Killed with the test.</summary>
internal sealed class ShardCluster : IAsyncDisposable
{
    public const string Model = "tiny";

    private readonly Dictionary<string, (ResultityProcess Process, string Folder)> _nodes = new(StringComparer.Ordinal);
    private string _token = "";

    private ShardCluster(Installation gateway) => Gateway = gateway;

    public Installation Gateway { get; }

    public static string ModelFile { get; } = LlamaServerFixture.ModelFile();

    /// <summary>Starts the gateway, a head named <c>head</c> and members, each lending the memory; the model serves when the task ends.</summary>
    public static Task<ShardCluster> StartAsync(int megabytes, params string[] members) => StartAsync(megabytes, members.Length + 1, members);

    /// <param name="megabytes">What each lends.</param>
    /// <param name="used">Over how many nodes the model is spread at first; the others are spares.</param>
    /// <param name="members">Their names.</param>
    public static async Task<ShardCluster> StartAsync(int megabytes, int used, params string[] members)
    {
        var cluster = new ShardCluster(await Installation.StartAsync("gateway"));
        try
        {
            var made = await cluster.Gateway.CliAsync("nodes", "tokens", "create", "--uses", "0");
            cluster._token = made.Output.Trim();
            // The head comes last: a plan that suits it is made of the nodes that are there, and then kept.
            foreach (var member in members) cluster.Add(member, megabytes);
            await LlamaServerFixture.UntilAsync(
                async () => (await cluster.Gateway.AdminAsync("admin/v1/nodes"))["data"]!.AsArray().Count(static node => (string?)node!["state"] == "ready") == members.Length,
                "all members are linked");
            cluster.Add("head", megabytes, "--shard-model", $"{Model}={ModelFile}");
            await cluster.UntilAsync(used);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node.</summary>
    public void Add(string name, int megabytes, params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("resultity-shard-").FullName;
        var variables = new Dictionary<string, string> { ["RESULTITY_ENGINES"] = Environment.GetEnvironmentVariable("RESULTITY_ENGINES")! };
        string[] arguments =
        [
            "node", "--join", Gateway.Url.ToString(), "--token", _token, "--name", name, "--data", folder,
            "--shard-memory-mb", megabytes.ToString(CultureInfo.InvariantCulture), "--shard-threads", "1", .. options,
        ];
        _nodes.Add(name, (ResultityProcess.Start(arguments, variables), folder));
    }

    /// <summary>Kills a node and all that it started, as a machine does that loses power.</summary>
    public async Task KillAsync(string name)
    {
        var (process, folder) = _nodes[name];
        _nodes.Remove(name);
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Kills the engines that a node runs, not the node.</summary>
    public void KillEngines(string name)
    {
        foreach (var engine in EnginesOf(name))
        {
            using (engine) engine.Kill();
        }
    }

    public IEnumerable<Process> EnginesOf(string name)
    {
        var parent = _nodes[name].Process.Id.ToString(CultureInfo.InvariantCulture);
        foreach (var process in Process.GetProcesses())
        {
            if (ParentOf(process.Id) == parent && IsEngine(process.Id)) yield return process;
            else process.Dispose();
        }
    }

    /// <summary>The members that hold layers now.</summary>
    public IReadOnlyList<string> Used() =>
        [.. _nodes.Keys.Where(static name => name != "head").Where(name =>
        {
            var engines = EnginesOf(name).ToList();
            engines.ForEach(static engine => engine.Dispose());
            return engines.Count > 0;
        })];

    public ResultityProcess Node(string name) => _nodes[name].Process;

    /// <summary>The model's <c>shards</c> block.</summary>
    public async Task<JsonNode?> ShardsAsync()
    {
        using var response = await Gateway.Http.GetAsync(new Uri($"v1/models/{Model}", UriKind.Relative));
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["shards"];
    }

    /// <summary>Waits until the model serves, spread over so many nodes.</summary>
    public Task UntilAsync(int nodes) => LlamaServerFixture.UntilAsync(
        async () => await ShardsAsync() is { } shards && (string?)shards["state"] == "ready" && shards["plan"]!["nodes"]!.AsArray().Count == nodes,
        $"the model serves over {nodes} nodes");

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _nodes.Keys.ToList()) await KillAsync(name);
        await Gateway.DisposeAsync();
    }

    // A node has another child, which kills the engines when the node is killed.
    private static bool IsEngine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Any(static word => word is "ggml-rpc-server" or "llama-server");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string? ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
