using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Gateway.Fleet;
using Resultity.Gateway.Http;
using Resultity.Link;
using Resultity.Serving;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Subclouds;
using Resultity.Storage;

namespace Resultity.Gateway.Tests.Fleet.Support;

/// <summary>A gateway with its fleet, on Kestrel and SQLite, without the routes of clients.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public static readonly LinkOptions QuickLink = new()
    {
        PingInterval = TimeSpan.FromMilliseconds(100),
        SilentAfter = TimeSpan.FromMilliseconds(500),
        DeadAfter = TimeSpan.FromSeconds(2),
    };

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly bool _ownsFolder;

    private GatewayHost(WebApplication app, string folder, bool ownsFolder) => (_app, _folder, _ownsFolder) = (app, folder, ownsFolder);

    public RecordingFacts Facts => (RecordingFacts)_app.Services.GetRequiredService<IFleetFacts>();

    public LiveFleet Fleet => _app.Services.GetRequiredService<LiveFleet>();

    public NodeRegistry Registry => _app.Services.GetRequiredService<NodeRegistry>();

    public string Folder => _folder;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<GatewayHost> StartAsync(string? folder = null, int port = 0, Action<FleetOptions>? configure = null)
    {
        var owned = folder is null;
        folder ??= Directory.CreateTempSubdirectory("resultity-gateway-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddHttpEdge();
        builder.Services.AddSqliteStorage(folder);
        builder.Services.AddSingleton<IFleetFacts, RecordingFacts>();
        builder.Services.AddSingleton<ISubcloudFacts>(static provider => (RecordingFacts)provider.GetRequiredService<IFleetFacts>());
        builder.Services.AddSingleton<SubcloudDirectory>();
        builder.Services.AddFleet(options =>
        {
            options.Folder = folder;
            options.Link = QuickLink;
            configure?.Invoke(options);
        });
        var app = builder.Build();
        app.UseHttpEdge();
        app.MapFleet();
        await app.StartAsync();
        return new GatewayHost(app, folder, owned);
    }

    public async Task<string> MakeTokenAsync(int? uses = null) => (await Registry.MakeJoinTokenAsync("test", uses, null, null, default)).Secret;

    public async Task<(int Status, string Body)> AskAsync(string nodeId, string model, string body, CancellationToken cancellation = default)
    {
        var outcome = await ((IFleet)Fleet).SendAsync(nodeId, Order(model, body), cancellation);
        Assert.True(outcome.TryGet(out var exchange, out var fault), fault?.ToString());
        await using (exchange)
            return (exchange.Status, await ReadAsync(exchange));
    }

    public static WorkOrder Order(string model, string body) =>
        new("req_test", InferenceEndpoint.ChatCompletions, model, "application/json", System.Text.Encoding.UTF8.GetBytes(body), null);

    public static async Task<string> ReadAsync(NodeExchange exchange)
    {
        var all = new MemoryStream();
        while (true)
        {
            var read = await exchange.ReadAsync(default);
            all.Write(read.Bytes.Span);
            Assert.Null(read.Fault);
            if (read.IsEnd)
                return System.Text.Encoding.UTF8.GetString(all.ToArray());
        }
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_ownsFolder)
            Directory.Delete(_folder, recursive: true);
    }
}
