using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Resultity.TestKit.Processes;

namespace Resultity.Chaos;

/// <summary>The gateways, a node of each, the upstream behind the nodes, and the database behind the gateways.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string ApiKey = "rk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    private const string AdminKey = "ra_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder;
    private readonly PostgresServer? _server;
    private readonly FakeUpstreamProcess _upstream;
    private readonly KilledProcess[] _nodes;

    private Cluster(string folder, PostgresServer? server, string? database, FakeUpstreamProcess upstream, int count)
    {
        (_folder, _server, _upstream, Database) = (folder, server, upstream, database);
        Gateways = [.. Enumerable.Range(0, count).Select(i => NewGateway(i, database))];
        _nodes = new KilledProcess[count];
    }

    /// <summary>The gateways with their addresses, which stay the same.</summary>
    public IReadOnlyList<(Uri Address, KilledProcess Process)> Gateways { get; }

    /// <summary>The PostgreSQL database's address; <see langword="null"/> if it is a SQLite file.</summary>
    public string? Database { get; }

    public string SqliteFile => Path.Combine(_folder, "gateway0", "resultity.db");

    public IEnumerable<KilledProcess> All => Gateways.Select(static gateway => gateway.Process).Concat(_nodes);

    public static async Task<Cluster> StartAsync(ChaosOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("resultity-chaos-").FullName;
        var server = options.Database == "postgres" ? await PostgresServer.StartAsync("fsync=on", "full_page_writes=on") : null;
        var database = server is not null ? await server.CreateDatabaseAsync() : options.IsSqlite ? null : options.Database;
        var upstream = await FakeUpstreamProcess.StartAsync("--echo=text", "--latency=30ms");
        var cluster = new Cluster(folder, server, database, upstream, options.Gateways);
        foreach (var (_, process) in cluster.Gateways) process.Start();
        for (var i = 0; i < options.Gateways; i++)
        {
            await cluster.UntilAsync(cluster.Gateways[i].Address, "readyz");
            cluster._nodes[i] = await cluster.NewNodeAsync(i);
            cluster._nodes[i].Start();
        }

        return cluster;
    }

    public KilledProcess NodeOf(int gateway) => _nodes[gateway];

    /// <summary>Waits until a gateway serves the model.</summary>
    public Task UntilServingAsync(int gateway) => UntilAsync(Gateways[gateway].Address, "v1/models/stub-model");

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All) process?.Dispose();
        await _upstream.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private (Uri, KilledProcess) NewGateway(int index, string? database)
    {
        var port = FreePort();
        var variables = new Dictionary<string, string>
        {
            ["RESULTITY_API_KEY"] = ApiKey,
            ["RESULTITY_ADMIN_KEY"] = AdminKey,
            ["RESULTITY__GATEWAY__JOB_LEASE"] = "5s",
            ["RESULTITY__GATEWAY__BLOBS"] = Path.Combine(_folder, "blobs"),
        };
        if (database is not null) variables["RESULTITY__GATEWAY__DATABASE"] = database;
        else variables.Remove("RESULTITY__GATEWAY__BLOBS");
        return (new Uri($"http://127.0.0.1:{port}/"),
            new KilledProcess($"gateway {index}", ["gateway", "--port", $"{port}", "--data", Path.Combine(_folder, $"gateway{index}"), "--no-token"], variables));
    }

    private async Task<KilledProcess> NewNodeAsync(int index)
    {
        using var client = new HttpClient { BaseAddress = Gateways[index].Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var body = new StringContent("""{"name":"chaos"}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("admin/v1/join-tokens", body);
        var text = await answer.Content.ReadAsStringAsync();
        var token = answer.IsSuccessStatusCode ? JsonElement.Parse(text).GetProperty("token").GetString()! : throw new InvalidOperationException(text);
        return new KilledProcess(
            $"node {index}",
            ["node", "--join", $"{Gateways[index].Address}", "--token", token, "--data", Path.Combine(_folder, $"node{index}"), "--openai", $"{_upstream.Address},slots=16"],
            new Dictionary<string, string>());
    }

    private async Task UntilAsync(Uri gateway, string path)
    {
        using var client = new HttpClient { BaseAddress = gateway };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(path, patience.Token);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{gateway}{path} does not answer.\n{string.Join('\n', All.Where(static process => process is not null).Select(static process => process.Log))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
