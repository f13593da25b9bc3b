using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;

namespace Resultity.Hosting;

/// <summary>A node in this process. It reaches its gateway over a link like every other node, be the gateway here or far away.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly IHost _host;

    private NodeHost(IHost host) => _host = host;

    /// <param name="settings">The settings of this process.</param>
    /// <param name="gateway">The gateway's URL.</param>
    /// <param name="token">The join token, if one is needed.</param>
    /// <param name="folder">The node's own folder.</param>
    /// <param name="logging">Where log lines go.</param>
    /// <param name="runtimes">Adds the runtimes.</param>
    public static NodeHost Create(SettingValues settings, Uri gateway, string? token, string folder, Action<ILoggingBuilder> logging, Action<IServiceCollection> runtimes)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "resultity-node", ContentRootPath = AppContext.BaseDirectory });
        logging(builder.Logging);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var patience = settings.Duration("drain_timeout") + TimeSpan.FromSeconds(5);
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = patience);
        runtimes(builder.Services);
        builder.Services.AddNode(options =>
        {
            HostSettings.Node(settings, options, folder);
            options.Gateway = gateway;
            options.JoinToken = token;
        });
        return new NodeHost(builder.Build());
    }

    /// <summary>Starts the runtimes and dials the gateway.</summary>
    /// <exception cref="CliException">The node cannot work as it is configured, or is not let in.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _host.StartAsync(cancellation);
        }
        catch (JoinException refused)
        {
            throw new CliException(ExitCode.Authentication, refused.Message, "`resultity nodes tokens create` on the gateway makes a join token; pass it with --token.");
        }
        catch (RuntimeStartException wrong)
        {
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
        catch (OptionsValidationException wrong)
        {
            throw new CliException(ExitCode.Usage, string.Join(' ', wrong.Failures));
        }
    }

    /// <summary>Takes nothing new, finishes what runs, and closes the links.</summary>
    public Task StopAsync(CancellationToken cancellation) => _host.StopAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else _host.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
