using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resultity.Gateway.Fleet;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Hosting;

/// <summary>A gateway in this process.</summary>
/// <remarks>
/// Start: 1 the storage is opened · 2 nodes know it by one name with all gateways on it · 3 there is an admin key and an API key · 4 it listens.
/// Stop: 1 new requests are refused with 503 · 2 those that run may finish · 3 the links close · 4 the storage closes.
/// </remarks>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GatewayOptions _options;
    private bool _started;

    private GatewayHost(WebApplication app, GatewayOptions options) => (_app, _options) = (app, options);

    /// <summary>Where this machine reaches the gateway. Known once it is started.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>The admin key that is valid from the start on.</summary>
    public ReadyKey AdminKey { get; private set; } = new("", IsNew: false);

    /// <summary>The API key that is valid from the start on.</summary>
    public ReadyKey ApiKey { get; private set; } = new("", IsNew: false);

    /// <summary>Ends when the gateway stops by itself.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Puts a gateway together. Nothing is opened yet.</summary>
    /// <exception cref="GatewayStartException">An option has a value that cannot be used.</exception>
    public static GatewayHost Create(GatewayOptions options, Action<ILoggingBuilder> logging)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logging);

        // Nothing is read from files or variables that happen to be around: what counts was given in the options.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "resultity", ContentRootPath = AppContext.BaseDirectory });
        logging(builder.Logging);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        // Signals are the program's own: it drains before it stops.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddGateway(options);
        // After the edge's own configuration, which holds for the endpoints that come after it.
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        return new GatewayHost(builder.Build(), options);
    }

    /// <summary>Starts, and returns when it listens.</summary>
    /// <param name="admin">The admin key that the operator brings along.</param>
    /// <param name="api">The API key that the operator brings along.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="GatewayStartException">It cannot start as it is configured.</exception>
    public async Task StartAsync(KeyOffer admin, KeyOffer api, CancellationToken cancellation)
    {
        try
        {
            // Opens the storage, which may be in use or damaged.
            _app.UseGateway();
            await _app.Services.GetRequiredService<GatewayIdentity>().SettleAsync(_app.Services.GetRequiredService<IGatewayStore>(), cancellation);
            var keys = _app.Services.GetRequiredService<FirstKeys>();
            AdminKey = await keys.AdminAsync(admin, cancellation);
            ApiKey = await keys.ApiAsync(api, cancellation);
            await ExpectNodesAsync(cancellation);
            _started = true;
            await _app.StartAsync(cancellation);
        }
        catch (StorageException unusable)
        {
            throw new GatewayStartException(unusable.Message, unusable);
        }
        catch (IOException refused) when (refused.InnerException is AddressInUseException)
        {
            throw new GatewayStartException($"port {_options.Port} on {_options.Host} is taken by another program. Stop that one, or choose another port with --port (0 takes a free one).", refused);
        }
        catch (Exception refused) when ((refused as SocketException ?? refused.InnerException as SocketException) is { } socket)
        {
            throw new GatewayStartException(
                socket.SocketErrorCode == SocketError.AccessDenied
                    ? $"this user may not listen on port {_options.Port}: ports below 1024 need a privilege. Choose another with --port."
                    : $"cannot listen on {_options.Host}, port {_options.Port}: {socket.Message}. Choose an address of this machine with --host.",
                refused);
        }

        Address = Reachable(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Makes a join token for a node. Its secret is known only now.</summary>
    public Task<(JoinToken Token, string Secret)> MakeJoinTokenAsync(string name, int? uses, TimeSpan? lifetime, CancellationToken cancellation) =>
        _app.Services.GetRequiredService<NodeRegistry>().MakeJoinTokenAsync(name, uses, lifetime, subcloud: null, cancellation);

    /// <summary>Takes a join token back; nodes that it let in stay.</summary>
    public async Task RemoveJoinTokenAsync(JoinToken token, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(token);
        await _app.Services.GetRequiredService<INodeStore>().DeleteJoinTokenAsync(token.Id, cancellation);
    }

    /// <summary>The nodes that are linked now.</summary>
    public IReadOnlyList<NodeSnapshot> Nodes => _app.Services.GetRequiredService<LiveFleet>().Nodes;

    /// <summary>Refuses new requests and waits until none runs any more.</summary>
    /// <param name="cancellation">Gives up waiting; what runs then is cut off by <see cref="StopAsync"/>.</param>
    public Task DrainAsync(CancellationToken cancellation) => _app.Services.GetRequiredService<DrainState>().DrainAsync(cancellation);

    /// <summary>Stops listening and closes everything.</summary>
    public async Task StopAsync()
    {
        if (!_started) return;
        _started = false;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(soon.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    // Nodes that were linked until a moment ago dial in again within seconds.
    private async Task ExpectNodesAsync(CancellationToken cancellation)
    {
        var recently = _app.Services.GetRequiredService<TimeProvider>().GetUtcNow() - TimeSpan.FromHours(1);
        var nodes = await _app.Services.GetRequiredService<INodeStore>().ListAsync(cancellation);
        _app.Services.GetRequiredService<IFleetFacts>().NodesMayReturn([.. nodes.Where(node => node.RevokedAt is null && (node.LastSeenAt ?? node.EnrolledAt) > recently).Select(node => node.Id)]);
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options)
    {
        // HTTP/2 without TLS would need clients that know of it beforehand; there are none.
        static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
        if (options.Host is "*" or "0.0.0.0" or "[::]" or "::") kestrel.ListenAnyIP(options.Port, Http1);
        else if (options.Host == "localhost" && options.Port != 0) kestrel.ListenLocalhost(options.Port, Http1);
        else if (options.Host == "localhost") kestrel.Listen(IPAddress.Loopback, 0, Http1);
        else if (IPAddress.TryParse(options.Host, out var address)) kestrel.Listen(address, options.Port, Http1);
        else throw new GatewayStartException($"gateway.host is '{options.Host}'; allowed is an IP address of this machine, localhost, or * for all of them.");
    }

    /// <summary>An address that listens everywhere is reached on the loopback.</summary>
    private static Uri Reachable(string bound)
    {
        var uri = new Uri(bound.Replace("//+", "//127.0.0.1", StringComparison.Ordinal).Replace("//*", "//127.0.0.1", StringComparison.Ordinal));
        return uri.Host is "0.0.0.0" or "[::]" ? new UriBuilder(uri) { Host = "127.0.0.1" }.Uri : uri;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
