using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Fleet.Support;

/// <summary>A node's agent in this process, with one scripted runtime.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly bool _ownsFolder;

    private NodeHost(IHost host, ScriptedRuntime runtime, string folder, bool ownsFolder) =>
        (_host, Runtime, Folder, _ownsFolder) = (host, runtime, folder, ownsFolder);

    public ScriptedRuntime Runtime { get; }

    public string Folder { get; }

    public string NodeId => Resultity.Link.Identity.NodeKey.FromPem(File.ReadAllText(Path.Combine(Folder, "node.key"))).NodeId;

    public static async Task<NodeHost> StartAsync(Uri gateway, string? token, string? folder = null, Action<NodeOptions>? configure = null, ScriptedRuntime? runtime = null, IRuntime? other = null)
    {
        var owned = folder is null;
        folder ??= Directory.CreateTempSubdirectory("resultity-node-").FullName;
        runtime ??= new ScriptedRuntime();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(other ?? runtime);
        builder.Services.AddNode(options =>
        {
            options.Gateway = gateway;
            options.JoinToken = token;
            options.Folder = folder;
            options.Name = "a test node";
            options.Link = GatewayHost.QuickLink;
            configure?.Invoke(options);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            if (owned)
                Directory.Delete(folder, recursive: true);
            throw;
        }
        return new NodeHost(host, runtime, folder, owned);
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}
