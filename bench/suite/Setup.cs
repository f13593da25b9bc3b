using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Resultity.Bench;

/// <summary>The processes of a run and how they are started: the only place that knows the commands.</summary>
internal sealed class Setup : IDisposable
{
    /// <summary>How the name of a run's temporary folder begins.</summary>
    public const string FolderPrefix = "resultity-bench-";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    private readonly Programs _programs;
    private readonly string _folder;
    private readonly List<Child> _children = [];
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };

    private Setup(Programs programs, string folder)
    {
        _programs = programs;
        _folder = folder;
    }

    /// <summary>The upstream's base URL.</summary>
    public string Upstream { get; private set; } = "";

    /// <summary>The base URLs of several upstreams.</summary>
    public List<string> Upstreams { get; } = [];

    public List<Target> Targets { get; } = [];

    /// <summary>Every command that was started, for the report.</summary>
    public IEnumerable<string> Commands => _children.Select(child => child.Command);

    /// <summary>Starts the upstream and the targets; they answer when the task ends.</summary>
    /// <param name="names">Which targets.</param>
    /// <param name="slots">How many requests the node serves at once.</param>
    /// <param name="database">Where the gateway keeps its rows; <see langword="null"/> for SQLite in its folder.</param>
    public static async Task<Setup> StartAsync(Programs programs, IReadOnlyCollection<string> names, int slots, string? database = null)
    {
        var setup = new Setup(programs, Directory.CreateTempSubdirectory(FolderPrefix).FullName);
        try
        {
            setup.Upstream = await setup.StartUpstreamAsync("stub-model");
            setup.Upstreams.Add(setup.Upstream);
            if (names.Contains("stub")) setup.Targets.Add(new("stub", setup.Upstream, null, []));
            if (names.Contains("nginx")) await setup.StartNginxAsync();
            if (names.Contains("resultity")) await setup.StartResultityAsync(slots, ["stub-model"], database);
            return setup;
        }
        catch
        {
            setup.Dispose();
            throw;
        }
    }

    /// <summary>Starts a gateway with a node for each of several upstreams.</summary>
    /// <param name="models">The models of each upstream, with commas between.</param>
    /// <param name="slots">How many requests a node serves at once, of each model.</param>
    public static async Task<Setup> StartSeveralAsync(Programs programs, IReadOnlyList<string> models, int slots)
    {
        var setup = new Setup(programs, Directory.CreateTempSubdirectory(FolderPrefix).FullName);
        try
        {
            foreach (var served in models) setup.Upstreams.Add(await setup.StartUpstreamAsync(served));
            await setup.StartResultityAsync(slots, models, database: null);
            return setup;
        }
        catch
        {
            setup.Dispose();
            throw;
        }
    }

    /// <summary>Shapes the upstream, or one of several.</summary>
    public async Task ShapeAsync(string settings, string? upstream = null)
    {
        using var answer = await _client.PostAsync(new Uri($"{upstream ?? Upstream}/_set?{settings}"), null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Makes sure that what is measured is still there.</summary>
    /// <exception cref="InvalidOperationException">A process has ended; the message has the last lines of its log.</exception>
    public void CheckAlive()
    {
        if (_children.Find(child => child.Exited) is { } dead)
            throw new InvalidOperationException($"{dead.Name} has ended ({dead.ExitCode}): {Runner.Anonymous(dead.Command)}\n{dead.LogTail()}");
    }

    /// <summary>How many inference requests reached the upstream.</summary>
    public async Task<long> UpstreamRequestsAsync()
    {
        using var counts = JsonDocument.Parse(await _client.GetStringAsync(new Uri($"{Upstream}/_stats")));
        return counts.RootElement.GetProperty("requests").GetInt64();
    }

    public void Dispose()
    {
        for (var i = _children.Count - 1; i >= 0; i--) _children[i].Dispose();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> StartUpstreamAsync(string models)
    {
        var port = FreePort();
        var url = $"http://127.0.0.1:{port}";
        var child = Start("upstream", _programs.Upstream, ["--port", $"{port}", $"--model={models}"]);
        await AnswersAsync(child, $"{url}/v1/models", null, models.Split(',')[0]);
        return url;
    }

    private async Task StartNginxAsync()
    {
        var port = FreePort();
        var file = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(file, NginxConfiguration(port));
        var child = Start("nginx", _programs.Nginx, ["-c", file, "-p", _folder, "-e", Path.Combine(_folder, "nginx-error.log")]);
        var url = $"http://127.0.0.1:{port}";
        await AnswersAsync(child, $"{url}/v1/models", null, "stub-model");
        Targets.Add(new("nginx", url, null, [child]));
    }

    private async Task StartResultityAsync(int slots, IReadOnlyList<string> models, string? database)
    {
        var port = FreePort();
        var url = $"http://127.0.0.1:{port}";
        var gatewayData = Path.Combine(_folder, "gateway");
        var gateway = Start("gateway", _programs.Resultity, ["gateway", "--port", $"{port}", "--data", gatewayData, "--no-token", .. database is null ? [] : (string[])["--database", database]]);
        await AnswersAsync(gateway, $"{url}/healthz", null, "");
        var token = (await Child.RunAsync(_programs.Resultity, ["nodes", "tokens", "create", "--url", url, "--data", gatewayData])).Trim();
        using var access = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(gatewayData, "local-access.json")));
        var key = access.RootElement.GetProperty("api_key").GetString()!;
        var nodes = new List<Child>();
        for (var i = 0; i < Upstreams.Count; i++)
        {
            var name = Upstreams.Count == 1 ? "node" : $"node{i}";
            if (i > 0) token = (await Child.RunAsync(_programs.Resultity, ["nodes", "tokens", "create", "--url", url, "--data", gatewayData])).Trim();
            nodes.Add(Start(name, _programs.Resultity,
                ["node", "--join", url, "--token", token, "--data", Path.Combine(_folder, name), "--openai", $"{Upstreams[i]},slots={slots}"]));
            await AnswersAsync(nodes[i], $"{url}/v1/models", key, $"\"{models[i].Split(',')[0]}\"");
        }

        Targets.Add(new("resultity", url, key, [gateway, .. nodes]));
    }

    private string NginxConfiguration(int port) => $$"""
        daemon off;
        worker_processes 1;
        pid {{_folder}}/nginx.pid;
        error_log {{_folder}}/nginx-error.log;
        events { worker_connections 32768; }
        http {
            access_log off;
            client_body_temp_path {{_folder}}/body;
            proxy_temp_path {{_folder}}/proxy;
            fastcgi_temp_path {{_folder}}/fastcgi;
            uwsgi_temp_path {{_folder}}/uwsgi;
            scgi_temp_path {{_folder}}/scgi;
            upstream stub { server {{Upstream["http://".Length..]}}; keepalive 1024; keepalive_requests 1000000000; }
            server {
                listen 127.0.0.1:{{port}} backlog=4096;
                keepalive_requests 1000000000;
                location / {
                    proxy_pass http://stub;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_buffering off;
                    proxy_read_timeout 600s;
                }
            }
        }
        """;

    private Child Start(string name, string program, IEnumerable<string> arguments)
    {
        var child = Child.Start(name, _folder, program, arguments);
        _children.Add(child);
        return child;
    }

    /// <summary>Waits until a URL answers 200 with a body that holds a text.</summary>
    private async Task AnswersAsync(Child child, string url, string? bearer, string text)
    {
        var until = TimeProvider.System.GetUtcNow() + s_startLimit;
        while (!child.Exited && TimeProvider.System.GetUtcNow() < until)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
                using var answer = await _client.SendAsync(request);
                if (answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains(text, StringComparison.Ordinal)) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        throw new InvalidOperationException($"{child.Name} did not answer at {url}: {Runner.Anonymous(child.Command)}\n{child.LogTail()}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
